import type { DeathProof } from '@baton/core';
import type { ProcessIdentity } from '../proc/index.ts';

/** What holds the processes of one instance together, so that they can be found and ended as a whole. */
export interface Confinement {
  readonly method: DeathProof['method'];
  /** True where a process could have left, with the reason in `note`. */
  readonly weak: boolean;
  readonly note: string;
  /** Live processes of the instance. */
  members(): readonly ProcessIdentity[];
  /**
   * One round of killing: sends SIGKILL to everything that is left, and tells whether nothing is.
   * After true nothing of the instance runs, and a start that was under way can no longer succeed.
   */
  end(): boolean;
  /**
   * True where every thread that is left has begun to exit, so that none runs an instruction of its program again.
   * Always false where that cannot be seen.
   */
  isPastReturn(): boolean;
  /** Removes what confined it, once it is dead. */
  remove(): void;
}
