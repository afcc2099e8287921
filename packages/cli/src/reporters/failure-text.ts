import type { Failure } from './failure.ts';
import type { Style } from './style.ts';

/** `error:`, its place, `hint:`. The stack only where it was asked for. */
export const failureText = (failure: Failure, style: Style, debug: boolean): string => {
  const { message, hint } = failure.error;
  // What is wrong in files says for each line where, and the first of them is the place.
  const isTold = failure.place === undefined || message.includes(`${failure.place}: `);
  const place = isTold ? '' : `${failure.place}: `;
  const stack = debug && failure.detail !== undefined ? `${failure.detail}\n` : '';
  return `${style.bad('error:')} ${place}${message}\n${style.warn('hint:')} ${hint}\n${stack}`;
};
