import type { FastifyRequest } from 'fastify';
import type { VenueClock } from '../clock.ts';
import type { Account, Exchange, Receipt } from '../exchange/index.ts';
import type { FaultPlan } from '../faults/index.ts';
import type { Journal } from '../journal/index.ts';
import type { LiveWitness } from '../witness/index.ts';
import type { PriceStream } from './price-stream.ts';

/** What the routes work on. */
export interface VenueContext {
  readonly exchange: Exchange;
  readonly journal: Journal;
  readonly witness: LiveWitness;
  readonly faults: FaultPlan;
  readonly stream: PriceStream;
  readonly clock: VenueClock;
  /** Whether an account comes into being with its first request. */
  readonly open: boolean;
  /** Ends when the venue closes. */
  readonly signal: AbortSignal;
  receipt(request: FastifyRequest): Receipt;
  /**
   * The account that the path names, its key checked.
   * @throws HttpProblem 404 or 401
   */
  account(request: FastifyRequest): Account;
}
export interface AccountPath {
  readonly account: string;
}
