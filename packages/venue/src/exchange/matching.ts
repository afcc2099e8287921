import { BatonError } from '@baton/core';
import type { FillEntry } from '../journal/index.ts';
import type { Account } from './account.ts';
import { Market, type MarketSpec, type Placed } from './market.ts';
import { isMakerOrder, MarketMaker } from './market-maker.ts';
import type { Order } from './order.ts';
import { seededRandom } from './random.ts';

/** Where fills are booked and written down. */
export interface FillSink {
  account(name: string): Account | undefined;
  filled(fill: FillEntry, at: number): void;
}

/** What a market shows of itself: the best prices, and the middle of the makers' quotes. */
export interface Quote {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly mid: number;
  readonly spec: MarketSpec;
}

/** One market and who makes it. */
interface Pit {
  readonly market: Market;
  readonly maker: MarketMaker;
}

/** All books and their makers: brings orders together and books every fill on both sides. */
export class Matching {
  readonly #pits = new Map<string, Pit>();
  /** The traders' orders that rest in a book. */
  readonly #resting = new Map<string, Order>();
  readonly #sink: FillSink;

  constructor(markets: readonly MarketSpec[], seed: number, sink: FillSink) {
    this.#sink = sink;
    for (const [index, spec] of markets.entries()) {
      const market = new Market(spec);
      this.#pits.set(spec.symbol, { market, maker: new MarketMaker(market, seededRandom(seed + index + 1)) });
    }
  }

  get symbols(): string[] {
    return [...this.#pits.keys()];
  }

  /** Ticks in the middle of the quotes. */
  mid(symbol: string): number {
    return this.#pit(symbol).maker.mid;
  }

  quote(symbol: string): Quote | undefined {
    const pit = this.#pits.get(symbol);
    if (pit === undefined) return undefined;
    const { market, maker } = pit;
    return { bid: market.best('sell') ?? null, ask: market.best('buy') ?? null, mid: maker.mid, spec: market.spec };
  }

  /** Shows the makers' first quotes. */
  open(at: number): void {
    for (const { maker } of this.#pits.values()) this.#makerTraded(maker.requote(), at);
  }

  /** Moves every market; orders that the makers' new quotes reach are filled. */
  step(at: number): void {
    for (const { maker } of this.#pits.values()) this.#makerTraded(maker.step(), at);
  }

  /**
   * Brings `quantity` lots of a new order to its book and settles its status; `book` then books what was
   * executed, so that the order can be written down before its fills.
   */
  place(order: Order, quantity: number): { book(at: number): void } {
    const { market, maker } = this.#pit(order.request.symbol);
    const { request } = order;
    const limited = request.type === 'limit' && request.price !== undefined;
    const placed = limited
      ? market.limit(order.orderId, request.side, quantity, request.price)
      : market.market(order.orderId, request.side, quantity);
    const executed = placed.executions.reduce((sum, execution) => sum + execution.quantity, 0);
    // Of an order that was to be filled in part only, what did not trade at once expires.
    const stays = limited && request.timeInForce === 'gtc' && (quantity === order.quantity || executed === 0);
    if (executed === order.quantity) order.status = 'filled';
    else if (stays) this.#resting.set(order.orderId, order);
    else {
      order.status = 'expired';
      if (placed.remaining > 0) market.cancel(order.orderId);
    }
    return {
      book: (at) => {
        this.#takerTraded(order, placed, at);
        if (placed.executions.some(({ makerId }) => isMakerOrder(makerId))) this.#makerTraded(maker.requote(), at);
      },
    };
  }

  /** Takes an order out of its book. */
  remove(order: Order): void {
    this.#pit(order.request.symbol).market.cancel(order.orderId);
    this.#resting.delete(order.orderId);
  }

  /** Puts the rest of an open order (back) into its book. */
  restore(order: Order, at: number): void {
    const { market } = this.#pit(order.request.symbol);
    this.#resting.set(order.orderId, order);
    const rest = order.quantity - order.filled;
    const placed = market.limit(order.orderId, order.request.side, rest, order.request.price ?? market.spec.startPrice);
    this.#takerTraded(order, placed, at);
  }

  /** Fills a resting order at its own price, as if somebody had come; the rest goes back into the book. */
  fillResting(order: Order, quantity: number, at: number): void {
    const { market, maker } = this.#pit(order.request.symbol);
    market.cancel(order.orderId);
    this.#fill(order, quantity, order.request.price ?? maker.mid, 'maker', at);
    if (order.status === 'open') this.restore(order, at);
  }

  #takerTraded(taker: Order, placed: Placed, at: number): void {
    for (const { makerId, quantity, price } of placed.executions) {
      this.#fill(taker, quantity, price, 'taker', at);
      const maker = this.#resting.get(makerId);
      if (maker !== undefined) this.#fill(maker, quantity, price, 'maker', at);
    }
  }

  /** Books what the makers' own new quotes traded against resting orders. */
  #makerTraded(trades: readonly Placed[], at: number): void {
    for (const { executions } of trades) {
      for (const { makerId, quantity, price } of executions) {
        const order = this.#resting.get(makerId);
        if (order !== undefined) this.#fill(order, quantity, price, 'maker', at);
      }
    }
  }

  #fill(order: Order, quantity: number, price: number, role: FillEntry['role'], at: number): void {
    const { orderId, account: name, request } = order;
    const { symbol, side, origin } = request;
    order.filled += quantity;
    order.cost += quantity * price;
    const account = this.#sink.account(name);
    const whose = { kind: 'fill', account: name, orderId, symbol, side } as const;
    const fill: FillEntry = { ...whose, quantity, price, role, ...(origin === undefined ? {} : { origin }) };
    account?.book({ ...fill, at });
    if (order.filled === order.quantity && order.status === 'open') {
      account?.close(order, 'filled');
      this.#resting.delete(orderId);
    }
    this.#sink.filled(fill, at);
  }

  #pit(symbol: string): Pit {
    const pit = this.#pits.get(symbol);
    if (pit !== undefined) return pit;
    throw new BatonError('venue-unknown-market', `There is no market ${symbol}.`, {
      hint: `Name it with --symbols; there are ${this.symbols.join(', ')}.`,
      fault: 'user',
    });
  }
}
