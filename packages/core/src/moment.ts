import type { Clock } from './ports/clock.ts';

/**
 * A point in time that survives a change of process. Monotonic readings of one boot compare across
 * processes (CLOCK_MONOTONIC counts from boot), so a wall clock that is set back cannot stretch a deadline.
 */
export interface Moment {
  readonly boot: string;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const momentOf = (clock: Clock): Moment => ({
  boot: clock.bootId(),
  monotonicMs: clock.monotonicMs(),
  wallMs: clock.wallMs(),
});

/** Milliseconds from `start` to `now`; across a reboot the wall clock has to serve, and never counts backwards. */
export const elapsedMs = (start: Moment, now: Moment): number =>
  Math.max(0, start.boot === now.boot ? now.monotonicMs - start.monotonicMs : now.wallMs - start.wallMs);
