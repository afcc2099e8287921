import type { RefusalReason } from '../journal/index.ts';

/** A request that the exchange did not carry out, and why. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  readonly message: string;
  /** Of `stale-token` and `missing-token`: the lowest token that would be taken. */
  readonly floor?: number;
  /** Of `fault-rate-limited`. */
  readonly retryAfterMs?: number;
}

export const refusal = (reason: RefusalReason, message: string, more: Partial<Refusal> = {}): Refusal => ({
  ...more,
  outcome: 'refused',
  reason,
  message,
});
