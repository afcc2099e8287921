import { isBusy, storeBusy, storeError } from './sqlite-errors.ts';

/** Longest pause between two tries. SQLite's own busy handler backs off in the same manner. */
const LONGEST_PAUSE_MS = 25;

/** Runs work that may meet a busy database, until it succeeds or the bound is reached. */
export type Patience = <T>(work: () => T) => Promise<T>;

export interface PatienceOptions {
  readonly file: string;
  /** Sum of all pauses after which a busy database is given up. */
  readonly busyTimeoutMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Waits between tries, not within one: the event loop goes on while another process holds the lock.
 * The work either happens whole or fails before it changed anything, so that it may be repeated.
 */
export const patience =
  ({ file, busyTimeoutMs, sleep }: PatienceOptions): Patience =>
  async (work) => {
    let waitedMs = 0;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw storeError(error, file);
        if (waitedMs >= busyTimeoutMs) throw storeBusy(file, waitedMs, error);
      }
      const nextMs = Math.min(pauseMs, busyTimeoutMs - waitedMs);
      await sleep(nextMs);
      waitedMs += nextMs;
    }
  };
