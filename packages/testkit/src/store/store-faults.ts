import { BatonError } from '@baton/core';

/**
 * How a write can fail:
 * - `before-commit`: nothing was written, and the caller is told so
 * - `after-commit`: all of it was written, and the acknowledgement was lost
 * - `full`: no space; nothing was written
 */
export type StoreFault = 'before-commit' | 'after-commit' | 'full';

/** A write about to happen: which method, and how many writes came before it through this store. */
export interface StoreWrite {
  readonly method: 'transact' | 'acquireLock' | 'renewLock' | 'releaseLock' | 'stealLock';
  /** Starts at 0. */
  readonly index: number;
}

/** Decides for each write whether it fails; for walking a crash through every point of a run. */
export type StoreFaultPlan = (write: StoreWrite) => StoreFault | undefined;

/** What the caller of a failed write sees. */
export const storeFaultError = (fault: StoreFault): BatonError =>
  fault === 'full'
    ? new BatonError('store-full', 'The state store has no space left.', {
        hint: 'Free some disk space and try again.',
      })
    : new BatonError('store-unavailable', 'The state store did not answer.', {
        hint: 'Read back what was written before trying again.',
      });
