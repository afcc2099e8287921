import type { CliContext } from '../context.ts';
import type { Flags } from './flags.ts';

/** One command as it was typed. */
export interface Invocation {
  readonly context: CliContext;
  readonly verb: string;
  readonly args: readonly string[];
  readonly flags: Flags;
}

/** Carries out a verb; resolves with the exit code. */
export type Command = (invocation: Invocation) => Promise<number>;
