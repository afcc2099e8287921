import type { Kept } from '@baton/core';

/** Where a release does not say how often its state is taken: what a crash may cost of it. */
const DEFAULT_MS = 10_000;

const intervalOf = ({ pinned }: Kept): number => pinned.spec.singleton?.checkpoint?.intervalMs ?? DEFAULT_MS;

/** When the state of each singleton that acts is to be taken again. */
export class CheckpointTimes {
  readonly #now: () => number;
  readonly #last = new Map<string, number>();

  constructor(monotonicMs: () => number) {
    this.#now = monotonicMs;
  }

  /** True once for each interval of the service; the first time at once. */
  isDue(kept: Kept): boolean {
    const now = this.#now();
    const last = this.#last.get(kept.service);
    if (last !== undefined && now - last < intervalOf(kept)) return false;
    this.#last.set(kept.service, now);
    return true;
  }

  /** Milliseconds until the next of these is due, at least one; for ever where none was ever taken. */
  nextInMs(all: readonly Kept[]): number {
    const waits = all.flatMap((kept) => {
      const last = this.#last.get(kept.service);
      return last === undefined ? [] : [last + intervalOf(kept) - this.#now()];
    });
    return Math.max(1, Math.min(Number.POSITIVE_INFINITY, ...waits));
  }
}
