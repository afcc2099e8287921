import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@baton/core';

/** What the venue needs of time. The monotonic reading carries microseconds in its fraction. */
export type VenueClock = Pick<Clock, 'wallMs' | 'monotonicMs' | 'sleep'>;

/** The machine's clocks. CLOCK_MONOTONIC has one origin for all processes of a boot, so readings compare. */
export const systemClock: VenueClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? { ref: false } : { ref: false, signal }),
};

/** Whole microseconds of the monotonic clock. */
export const microseconds = (clock: VenueClock): number => Math.round(clock.monotonicMs() * 1000);
