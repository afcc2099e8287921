import { BatonError } from '@baton/core/errors';

/** What a script may rely on (DESIGN, "Commands"). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  rolledBack: 3,
  blocked: 4,
  needsOperator: 5,
  differences: 6,
  interrupted: 130,
} as const;

/** A refusal of the daemon, with the exit code that it asks for. */
export class DaemonRefusal extends BatonError {
  readonly exitCode: number;

  constructor(code: string, message: string, hint: string, fault: 'user' | 'environment' | 'bug', exitCode: number) {
    super(code, message, { hint, fault });
    this.exitCode = exitCode;
  }
}

/** Of an error: its own where the daemon gave one, 2 for what the user can mend in words or files, else 1. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof DaemonRefusal) return error.exitCode;
  if (!(error instanceof BatonError)) return EXIT.failed;
  if (error.code === 'interrupted') return EXIT.interrupted;
  return error.fault === 'user' ? EXIT.usage : EXIT.failed;
};
