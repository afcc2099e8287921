import type { ErrorReport } from '@baton/api';
import { BatonError } from '@baton/core';

/** DESIGN's exit codes, by what went wrong; anything else failed and changed nothing. */
const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  busy: 4,
  latched: 4,
  'account-taken': 4,
  'tag-policy': 4,
  'preflight-failed': 4,
  'target-unsupported': 4,
  'artefact-missing': 4,
  'driven-elsewhere': 4,
  'nothing-open': 4,
  'not-baking': 4,
  'nothing-asked': 4,
  'slot-live': 4,
  'too-late': 4,
  'question-changed': 4,
  'unknown-service': 2,
  'release-missing': 2,
  'nothing-before': 4,
  'nothing-deployed': 4,
  'nothing-live': 4,
  'invalid-request': 2,
  'answer-not-permitted': 2,
};
const STATUS_BY_EXIT: Readonly<Record<number, number>> = { 2: 400, 4: 409 };

/** One clear error for whatever was thrown; a stack is for the log, never for the person. */
export const errorReport = (error: unknown): { readonly status: number; readonly report: ErrorReport } => {
  if (error instanceof BatonError) {
    const exitCode = EXIT_BY_CODE[error.code] ?? 1;
    const { code, message, hint, fault } = error;
    return { status: STATUS_BY_EXIT[exitCode] ?? 422, report: { error: { code, message, hint, fault, exitCode } } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = 'This is a fault of Baton itself. Please report it with the daemon log.';
  return { status: 500, report: { error: { code: 'unexpected', message, hint, fault: 'bug', exitCode: 1 } } };
};
