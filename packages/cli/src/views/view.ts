import type { CliContext } from '../context.ts';
import { type Style, styleFor, wantsColour } from '../reporters/style.ts';

/** How a report is laid out: colours, width, and what time it is. */
export interface View {
  readonly style: Style;
  /** Unbounded where no terminal reads it: a pipe gets every column. */
  readonly columns: number;
  readonly now: number;
}

export const viewOf = ({ env, stdout, now }: CliContext): View => ({
  style: styleFor(wantsColour(env, stdout.isTerminal)),
  columns: stdout.isTerminal ? stdout.columns() : Number.POSITIVE_INFINITY,
  now: now(),
});
