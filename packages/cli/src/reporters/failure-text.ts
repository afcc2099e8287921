import type { Failure } from './failure.ts';
import type { Style } from './style.ts';

/** `error:`, its place, `hint:`. The stack only where it was asked for. */
export const failureText = (failure: Failure, style: Style, debug: boolean): string => {
  const { message, hint } = failure.error;
  const place = failure.place === undefined ? '' : `${failure.place}: `;
  const stack = debug && failure.detail !== undefined ? `${failure.detail}\n` : '';
  return `${style.bad('error:')} ${place}${message}\n${style.warn('hint:')} ${hint}\n${stack}`;
};
