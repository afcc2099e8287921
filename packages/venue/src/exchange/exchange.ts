import { BatonError } from '@baton/core';
import { microseconds, type VenueClock } from '../clock.ts';
import type { FaultPlan } from '../faults/index.ts';
import type { FillEntry, Journal, OrderEntry, OrderRequest, Origin, VenueMode } from '../journal/index.ts';
import { Account } from './account.ts';
import { fenceRefusal, orderRefusal, tradable } from './admission.ts';
import { Market, type MarketSpec, type Placed } from './market.ts';
import { isMakerOrder, MarketMaker } from './market-maker.ts';
import type { Order } from './order.ts';
import { seededRandom } from './random.ts';
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

/** One market and who makes it. */
interface Venue {
  readonly market: Market;
  readonly maker: MarketMaker;
}

/**
 * The exchange itself: accounts, books, matching. It acts at once and in the order of the requests, and says
 * everything that it did to the journal, which alone the witness reads.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #venues = new Map<string, Venue>();
  readonly #orders = new Map<string, Order>();
  readonly replay: Replay;
  #journal: Journal | undefined;
  #nextOrder = 1;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.replay = new Replay(this.#accounts);
    for (const [index, spec] of options.markets.entries()) {
      const market = new Market(spec);
      this.#venues.set(spec.symbol, { market, maker: new MarketMaker(market, seededRandom(options.seed + index + 1)) });
    }
  }

  /** Takes up where the journal ended: open orders go back into their books, then the makers quote. */
  start(journal: Journal): void {
    this.#journal = journal;
    const { mode, seed } = this.#options;
    const symbols = [...this.#venues.keys()];
    this.#journal.append({ kind: 'started', mode, seed, symbols, wallMs: this.#options.clock.wallMs() }, this.#now());
    this.#nextOrder = this.replay.nextOrder;
    for (const account of this.#accounts.values()) {
      for (const order of account.open.values()) this.#restore(account, order);
    }
    for (const { maker } of this.#venues.values()) this.#settle(maker.requote(), this.#now());
  }

  get mode(): VenueMode {
    return this.#options.mode;
  }
  get symbols(): string[] {
    return [...this.#venues.keys()];
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
    const { market, maker } = this.#venue(request.symbol);
    const refused = orderRefusal(account, request, maker.mid, this.#options.faults);
    if (refused !== undefined) return this.turnAway(account.name, request, refused, receipt);
    const quantity = tradable(account, request);
    const order: Order = {
      orderId: `o-${this.#nextOrder}`,
      account: account.name,
      request,
      quantity,
      status: 'open',
      filled: 0,
      cost: 0,
    };
    this.#nextOrder += 1;
    const halved =
      quantity > 1 && this.#options.faults.strike('partial-fill', { account: account.name, symbol: request.symbol });
    const placed = this.#place(market, order, halved ? Math.floor(quantity / 2) : quantity);
    const name = halved ? 'partial-fill' : fault;
    this.#accept(
      account,
      order,
      placed,
      {
        ...entry,
        outcome: 'accepted',
        orderId: order.orderId,
        quantity,
        ...(name === undefined ? {} : { fault: name }),
      },
      at,
    );
    if (halved && order.status === 'open') this.#fillByMaker(account, order, Math.floor(quantity / 2), at);
    if (placed.executions.some(({ makerId }) => isMakerOrder(makerId))) this.#settle(maker.requote(), at);
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
      this.#fillByMaker(account, order, order.quantity - order.filled, at);
      this.#log().append({ ...entry, outcome: 'not-open', fault: 'fill-during-cancel' }, at);
      return { outcome: 'not-open', order };
    }
    this.#venue(order.request.symbol).market.cancel(orderId);
    account.close(order, 'cancelled');
    this.#orders.delete(orderId);
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

  /** Moves every market one step; orders that the makers' new quotes reach are filled. */
  step(): void {
    const at = this.#now();
    for (const { maker } of this.#venues.values()) this.#settle(maker.step(), at);
  }

  /** What a market shows of itself. */
  quote(symbol: string): { bid: number | null; ask: number | null; mid: number; spec: MarketSpec } | undefined {
    const venue = this.#venues.get(symbol);
    if (venue === undefined) return undefined;
    const { market, maker } = venue;
    return { bid: market.best('sell') ?? null, ask: market.best('buy') ?? null, mid: maker.mid, spec: market.spec };
  }

  /** Cash plus the positions at the present price, in ticks. */
  equity(account: Account): number {
    let equity = account.cash;
    for (const [symbol, { quantity, entryCost }] of account.positions) {
      equity += quantity * this.#venue(symbol).maker.mid - entryCost;
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

  #venue(symbol: string): Venue {
    const venue = this.#venues.get(symbol);
    if (venue === undefined) {
      throw new BatonError('venue-unknown-market', `There is no market ${symbol}.`, {
        hint: `Known: ${this.symbols.join(', ')}.`,
        fault: 'user',
      });
    }
    return venue;
  }

  #place(market: Market, order: Order, quantity: number): Placed {
    const { request } = order;
    if (request.type === 'market' || request.price === undefined)
      return market.market(order.orderId, request.side, quantity);
    const placed = market.limit(order.orderId, request.side, quantity, request.price);
    const stays = request.timeInForce === 'gtc' && quantity === order.quantity;
    const restsWhole = request.timeInForce === 'gtc' && placed.executions.length === 0;
    if (placed.remaining > 0 && !stays && !restsWhole) market.cancel(order.orderId);
    return placed;
  }

  /** Writes the order down, then its fills; what neither filled nor rests has expired. */
  #accept(account: Account, order: Order, placed: Placed, entry: Omit<OrderEntry, 'status'>, at: number): void {
    const filled = placed.executions.reduce((sum, { quantity }) => sum + quantity, 0);
    const whole = filled + placed.remaining === order.quantity;
    const rests = order.request.type === 'limit' && order.request.timeInForce === 'gtc' && (whole || filled === 0);
    order.status = filled === order.quantity ? 'filled' : rests ? 'open' : 'expired';
    account.remember(order);
    if (order.status === 'open') this.#orders.set(order.orderId, order);
    this.#log().append({ ...entry, status: order.status }, at);
    this.#fills(order, placed, at);
  }

  /** Books the executions of `taker` on both sides. */
  #fills(taker: Order, placed: Placed, at: number): void {
    const other = taker.request.side === 'buy' ? 'sell' : 'buy';
    for (const { makerId, quantity, price } of placed.executions) {
      this.#fill(taker, taker.request.side, quantity, price, 'taker', at);
      const maker = this.#orders.get(makerId);
      if (maker !== undefined) this.#fill(maker, other, quantity, price, 'maker', at);
    }
  }

  /** Books what the market makers' own quotes traded against orders in the book. */
  #settle(trades: readonly Placed[], at: number): void {
    for (const { executions } of trades) {
      for (const { makerId, quantity, price } of executions) {
        const order = this.#orders.get(makerId);
        if (order !== undefined) this.#fill(order, order.request.side, quantity, price, 'maker', at);
      }
    }
  }

  #fill(
    order: Order,
    side: FillEntry['side'],
    quantity: number,
    price: number,
    role: FillEntry['role'],
    at: number,
  ): void {
    const { orderId, account: name, request } = order;
    order.filled += quantity;
    order.cost += quantity * price;
    const from = request.origin === undefined ? {} : { origin: request.origin };
    const fill = {
      kind: 'fill',
      account: name,
      orderId,
      symbol: request.symbol,
      side,
      quantity,
      price,
      role,
      ...from,
    } as const;
    const account = this.#accounts.get(name);
    account?.book({ ...fill, at });
    if (order.filled === order.quantity && order.status === 'open') {
      account?.close(order, 'filled');
      this.#orders.delete(orderId);
    }
    this.#log().append(fill, at);
  }

  /** A fill at the order's own price, as if somebody had come; the rest goes back into the book. */
  #fillByMaker(account: Account, order: Order, quantity: number, at: number): void {
    const { market, maker } = this.#venue(order.request.symbol);
    market.cancel(order.orderId);
    this.#fill(order, order.request.side, quantity, order.request.price ?? maker.mid, 'maker', at);
    if (account.open.has(order.orderId)) this.#restore(account, order);
  }

  #restore(account: Account, order: Order): void {
    this.#orders.set(order.orderId, order);
    const { market } = this.#venue(order.request.symbol);
    const price = order.request.price ?? market.spec.startPrice;
    const placed = market.limit(order.orderId, order.request.side, order.quantity - order.filled, price);
    if (placed.executions.length > 0) this.#fills(order, placed, this.#now());
    if (order.status !== 'open') account.open.delete(order.orderId);
  }
}
