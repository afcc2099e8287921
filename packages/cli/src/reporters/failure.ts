import { relative } from 'node:path';
import type { ErrorReport } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { exitCodeOf } from '../exit-code.ts';

/** An error as it is told: one line, its place, what to do next. */
export interface Failure extends ErrorReport {
  /** `file:line:column`, where the cause stands in the user's files. */
  readonly place: string | undefined;
  /** The stack, for BATON_DEBUG. */
  readonly detail: string | undefined;
}

const detailOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${detailOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
};

export const failureOf = (error: unknown, cwd: string): Failure => {
  const exitCode = exitCodeOf(error);
  const detail = detailOf(error);
  if (!(error instanceof BatonError)) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = 'This is a fault of Baton. Run it again with BATON_DEBUG=1 and report what it prints.';
    return { error: { code: 'unexpected', message, hint, fault: 'bug', exitCode }, place: undefined, detail };
  }
  const { code, message, hint, fault, place } = error;
  const file = place === undefined ? '' : relative(cwd, place.file) || place.file;
  return {
    error: { code, message, hint, fault, exitCode },
    place: place === undefined ? undefined : `${file}:${place.line}:${place.column}`,
    detail,
  };
};
