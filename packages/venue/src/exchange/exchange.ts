import { BatonError } from '@baton/core';
import { microseconds, type VenueClock } from '../clock.ts';
import type { FaultPlan } from '../faults/index.ts';
import type { Journal, OrderRequest, Origin, VenueMode } from '../journal/index.ts';
import { Account } from './account.ts';
import { fenceRefusal, orderRefusal, tradable } from './admission.ts';
import type { MarketSpec } from './market.ts';
import { Matching, type Quote } from './matching.ts';
import type { Order } from './order.ts';
import type { Refusal } from './refusal.ts';
import { Replay } from './replay.ts';

export interface ExchangeOptions {
  readonly mode: VenueMode;
  readonly seed: number;
  readonly markets: readonly MarketSpec[];
  readonly clock: VenueClock;
  readonly faults: FaultPlan;
}

/** When and on which connection a request came in. */
export interface Receipt {
  /** Microseconds of the monotonic clock. */
  readonly at: number;
  readonly connection: number;
}

export type Submitted = { readonly outcome: 'accepted' | 'duplicate'; readonly order: Order } | Refusal;
export type Cancelled = { readonly outcome: 'cancelled' | 'not-open' | 'lost'; readonly order?: Order } | Refusal;

/**
 * The exchange itself: accounts, books, matching. It acts at once and in the order of the requests, and says
 * everything that it did to the journal, which alone the witness reads.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #matching: Matching;
  readonly replay: Replay;
  #journal: Journal | undefined;
  #nextOrder = 1;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.replay = new Replay(this.#accounts);
    this.#matching = new Matching(options.markets, options.seed, {
      account: (name) => this.#accounts.get(name),
      filled: (fill, at) => this.#log().append(fill, at),
    });
  }

  /** Takes up where the journal ended: open orders go back into their books, then the makers quote. */
  start(journal: Journal): void {
    this.#journal = journal;
    const { mode, seed } = this.#options;
    const at = this.#now();
    journal.append({ kind: 'started', mode, seed, symbols: this.symbols, wallMs: this.#options.clock.wallMs() }, at);
    this.#nextOrder = this.replay.nextOrder;
    for (const account of this.#accounts.values()) {
      for (const order of account.open.values()) this.#matching.restore(order, at);
    }
    this.#matching.open(at);
  }

  get mode(): VenueMode {
    return this.#options.mode;
  }
  get symbols(): string[] {
    return this.#matching.symbols;
  }
  get accountCount(): number {
    return this.#accounts.size;
  }
  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  /** Creates an account; false where the name is taken. */
  createAccount(name: string, balance: number, keyDigest: string | undefined, at: number): boolean {
    if (this.#accounts.has(name)) return false;
    this.#accounts.set(name, new Account(name, balance, keyDigest));
    const key = keyDigest === undefined ? {} : { keyDigest };
    this.#log().append({ kind: 'account', account: name, balance, ...key }, at);
    return true;
  }

  /** Journals an order that was turned away before it came to the exchange (a wrong key, a fault). */
  turnAway(name: string, order: OrderRequest, refused: Refusal, receipt: Receipt): Refusal {
    const { connection, at } = receipt;
    const entry = { kind: 'order', account: name, connection, order, outcome: 'refused' } as const;
    this.#log().append({ ...entry, reason: refused.reason }, at);
    return refused;
  }

  /** Takes an order, or says why not. The same client id again answers with the order it named first. */
  submit(account: Account, request: OrderRequest, receipt: Receipt, fault?: string): Submitted {
    const fenced = fenceRefusal(account, request.origin, this.mode);
    account.raiseFloor(request.origin?.token);
    if (fenced !== undefined) return this.turnAway(account.name, request, fenced, receipt);
    const first = account.byClientId(request.clientId);
    const { connection, at } = receipt;
    const entry = { kind: 'order', account: account.name, connection, order: request } as const;
    if (first !== undefined) {
      this.#log().append({ ...entry, outcome: 'duplicate', orderId: first.orderId }, at);
      return { outcome: 'duplicate', order: first };
    }
    const { symbol } = request;
    const refused = orderRefusal(account, request, this.#matching.mid(symbol), this.#options.faults);
    if (refused !== undefined) return this.turnAway(account.name, request, refused, receipt);
    const quantity = tradable(account, request);
    const orderId = `o-${this.#nextOrder}`;
    this.#nextOrder += 1;
    const order: Order = { orderId, account: account.name, request, quantity, status: 'open', filled: 0, cost: 0 };
    const occasion = { account: account.name, symbol };
    const halved = quantity > 1 && this.#options.faults.strike('partial-fill', occasion) !== undefined;
    const half = Math.floor(quantity / 2);
    const placed = this.#matching.place(order, halved ? half : quantity);
    account.remember(order);
    const name = halved ? 'partial-fill' : fault;
    const struck = name === undefined ? {} : { fault: name };
    this.#log().append({ ...entry, outcome: 'accepted', orderId, quantity, status: order.status, ...struck }, at);
    placed.book(at);
    if (halved && order.status === 'open') this.#matching.fillResting(order, half, at);
    return { outcome: 'accepted', order };
  }

  /** Cancels one open order. */
  cancel(account: Account, orderId: string, origin: Origin | undefined, at: number): Cancelled {
    const entry = {
      kind: 'cancel',
      account: account.name,
      orderId,
      ...(origin === undefined ? {} : { origin }),
    } as const;
    // A cancel without an origin is the operator's way from outside, and is never fenced.
    const fenced = origin === undefined ? undefined : fenceRefusal(account, origin, this.mode);
    account.raiseFloor(origin?.token);
    if (fenced !== undefined) {
      this.#log().append({ ...entry, outcome: 'refused', reason: fenced.reason }, at);
      return fenced;
    }
    const order = account.open.get(orderId);
    if (order === undefined) {
      const known = account.byOrderId(orderId);
      this.#log().append({ ...entry, outcome: 'not-open' }, at);
      return { outcome: 'not-open', ...(known === undefined ? {} : { order: known }) };
    }
    const occasion = { account: account.name, symbol: order.request.symbol };
    if (this.#options.faults.strike('cancel-lost', occasion) !== undefined) {
      this.#log().append({ ...entry, outcome: 'lost', fault: 'cancel-lost' }, at);
      return { outcome: 'lost', order };
    }
    if (this.#options.faults.strike('fill-during-cancel', occasion) !== undefined) {
      this.#matching.fillResting(order, order.quantity - order.filled, at);
      this.#log().append({ ...entry, outcome: 'not-open', fault: 'fill-during-cancel' }, at);
      return { outcome: 'not-open', order };
    }
    this.#matching.remove(order);
    account.close(order, 'cancelled');
    this.#log().append({ ...entry, outcome: 'cancelled' }, at);
    return { outcome: 'cancelled', order };
  }

  /** Records that `origin` takes these orders and positions over as its own. */
  adopt(
    account: Account,
    orders: readonly string[],
    positions: readonly string[],
    origin: Origin,
    at: number,
  ): Refusal | undefined {
    const fenced = fenceRefusal(account, origin, this.mode);
    account.raiseFloor(origin.token);
    const outcome = fenced === undefined ? 'accepted' : 'refused';
    this.#log().append({ kind: 'adopt', account: account.name, orders, positions, origin, outcome }, at);
    return fenced;
  }

  /** Records a grant: tokens below this one are stale from now on. */
  fence(account: Account, token: number, at: number): void {
    account.raiseFloor(token);
    this.#log().append({ kind: 'fence', account: account.name, token }, at);
  }

  /** Moves every market one step. */
  step(): void {
    this.#matching.step(this.#now());
  }

  /** What a market shows of itself; undefined for none of that name. */
  quote(symbol: string): Quote | undefined {
    return this.#matching.quote(symbol);
  }

  /** Cash plus the positions at the present price, in ticks. */
  equity(account: Account): number {
    let equity = account.cash;
    for (const [symbol, { quantity, entryCost }] of account.positions) {
      equity += quantity * this.#matching.mid(symbol) - entryCost;
    }
    return equity;
  }

  #now(): number {
    return microseconds(this.#options.clock);
  }

  #log(): Journal {
    if (this.#journal === undefined) {
      throw new BatonError('venue-not-started', 'The exchange was used before it was started.', {
        hint: 'Call start first.',
        fault: 'bug',
      });
    }
    return this.#journal;
  }
}
