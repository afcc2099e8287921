import type { RuleName } from './rules.ts';

/** One text replacement; `find` occurs exactly once in `file`. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * A deliberate fault. A rule that is kept in two places is undone in both: undone in one, the other keeps it,
 * and nothing is broken.
 */
export interface SeededBug {
  readonly name: string;
  /** What it undoes, in a sentence. */
  readonly what: string;
  readonly rule: RuleName;
  readonly edits: readonly [Edit, ...Edit[]];
}
