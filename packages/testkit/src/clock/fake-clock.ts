import { type Clock, invariant } from '@baton/core';

/** A clock that stands still until the test moves it. */
export interface FakeClock extends Clock {
  /** Identity of this boot, as {@link FakeClock.reboot} changes it. */
  bootId(): string;
  /**
   * Moves both clocks forward by `ms`, waking sleepers earliest first, each at its own
   * time. What a woken sleeper does runs before the next one wakes, new sleeps included.
   */
  advance(ms: number): Promise<void>;
  /** Advances to the earliest sleeper; false where nobody sleeps. */
  advanceToNext(): Promise<boolean>;
  /** Steps the wall clock alone, as an operator or NTP does; monotonic time and sleepers do not notice. */
  shiftWall(ms: number): void;
  /** A new boot: another boot id, monotonic time from 0, and whoever slept never wakes. */
  reboot(): void;
  /** How many sleep at this moment. */
  sleepers(): number;
}

/** Where a fake clock starts. */
export interface FakeClockOptions {
  /** Wall time at the start, milliseconds since the epoch. */
  readonly wallMs?: number;
  readonly monotonicMs?: number;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** 2026-01-01T00:00:00Z: any fixed moment will do, a recognisable one reads better in failures. */
const DEFAULT_WALL_MS = 1_767_225_600_000;

// Taken once, so that a test which replaces the global timers cannot stop the fake clock.
const immediate = setImmediate;

/** Lets everything that is ready to run do so: promises, and the I/O callbacks of one turn of the event loop. */
const settled = (): Promise<void> => new Promise((resolve) => immediate(resolve));

/** A {@link Clock} for tests. Time moves only by {@link FakeClock.advance}. */
export const fakeClock = (options: FakeClockOptions = {}): FakeClock => {
  let wall = options.wallMs ?? DEFAULT_WALL_MS;
  let monotonic = options.monotonicMs ?? 0;
  let boot = 1;
  const sleeping = new Set<Sleeper>();

  const earliest = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleeping) {
      if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
    }
    return first;
  };
  const moveTo = (dueMs: number): void => {
    wall += dueMs - monotonic;
    monotonic = dueMs;
  };
  const advance = async (ms: number): Promise<void> => {
    invariant(Number.isFinite(ms) && ms >= 0, `a clock advances by a duration, not ${ms}`);
    const bootAtStart = boot;
    const end = monotonic + ms;
    await settled();
    for (let next = earliest(); next !== undefined && next.dueMs <= end; next = earliest()) {
      moveTo(Math.max(next.dueMs, monotonic));
      next.wake();
      await settled();
      if (boot !== bootAtStart) return;
    }
    moveTo(end);
  };

  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    bootId: () => `00000000-0000-4000-8000-${String(boot).padStart(12, '0')}`,
    sleepers: () => sleeping.size,
    advance,
    async advanceToNext() {
      await settled();
      const next = earliest();
      if (next === undefined) return false;
      await advance(next.dueMs - monotonic);
      return true;
    },
    shiftWall(ms) {
      wall += ms;
    },
    reboot() {
      boot += 1;
      monotonic = 0;
      sleeping.clear();
    },
    async sleep(ms, signal) {
      invariant(Number.isFinite(ms), `a sleep has a finite duration, not ${ms}`);
      signal?.throwIfAborted();
      if (ms <= 0) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (): void => {
        sleeping.delete(sleeper);
        signal?.removeEventListener('abort', abort);
      };
      const sleeper: Sleeper = {
        dueMs: monotonic + ms,
        wake: () => {
          end();
          resolve();
        },
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      sleeping.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
      await promise;
    },
  };
};
