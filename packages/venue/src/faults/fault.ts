/**
 * What can be made to go wrong:
 * - `accepted-but-timed-out`: the order is taken and the answer never comes.
 * - `cancel-lost`: a cancel is answered as done and the order stays open.
 * - `fill-during-cancel`: an order is filled in the moment in which it is cancelled.
 * - `partial-fill`: half of an order is filled; what would have traded at once expires, what rests stays open.
 * - `unauthorised` (401) and `rate-limited` (429 with Retry-After): an order or query is refused.
 * - `suspended`: the market takes no orders (cancels go through); lasts until cleared unless counted.
 * - `empty-answer`: a list query answers `[]` although there is something.
 * - `failed-query`: a query answers 500.
 * - `latency`: the request lands late (`stage: "request"`) or is answered late (`stage: "answer"`).
 */
export const FAULT_KINDS = [
  'accepted-but-timed-out',
  'cancel-lost',
  'fill-during-cancel',
  'partial-fill',
  'unauthorised',
  'rate-limited',
  'suspended',
  'empty-answer',
  'failed-query',
  'latency',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault to inject. */
export interface FaultSpec {
  readonly kind: FaultKind;
  /** Only this account; all of them where absent. */
  readonly account?: string;
  /** Only this market. */
  readonly symbol?: string;
  /** Fires at most so often; until cleared where absent. */
  readonly count?: number;
  /** Fires with this probability, by the venue's seed; always where absent. */
  readonly probability?: number;
  /** Of `latency`: how long; of `rate-limited`: what Retry-After asks for. */
  readonly ms?: number;
  readonly stage?: 'request' | 'answer';
}

export interface InjectedFault extends FaultSpec {
  readonly id: number;
  readonly fired: number;
}
