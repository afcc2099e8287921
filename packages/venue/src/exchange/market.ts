import { OrderBook, Side } from 'nodejs-order-book';
import type { OrderSide } from '../journal/index.ts';

/** What is traded. Quantities are whole lots and prices whole ticks; the sizes say what one is worth. */
export interface MarketSpec {
  readonly symbol: string;
  readonly lotSize: number;
  readonly tickSize: number;
  /** Ticks at which the seeded walk begins and to which it is drawn back. */
  readonly startPrice: number;
}

/** One execution against an order that rested in the book. */
interface Execution {
  readonly makerId: string;
  readonly quantity: number;
  readonly price: number;
}

export interface Placed {
  readonly executions: readonly Execution[];
  /** Lots that found nobody; for a limit order they rest in the book. */
  readonly remaining: number;
}

const SIDES = { buy: Side.BUY, sell: Side.SELL } as const;

/** One order book: price-time priority by `nodejs-order-book`, with the executions spelled out. */
export class Market {
  readonly spec: MarketSpec;
  readonly #book = new OrderBook();

  constructor(spec: MarketSpec) {
    this.spec = spec;
  }

  /** Matches at or better than `price`; the rest stays in the book under `id`. */
  limit(id: string, side: OrderSide, quantity: number, price: number): Placed {
    return placed(id, this.#book.limit({ id, side: SIDES[side], size: quantity, price }));
  }

  /** Matches at whatever price there is; the rest is dropped. */
  market(id: string, side: OrderSide, quantity: number): Placed {
    return placed(id, this.#book.market({ id, side: SIDES[side], size: quantity }));
  }

  /** Takes an order out of the book. False where it is not there. */
  cancel(id: string): boolean {
    return this.#book.cancel(id) !== undefined;
  }

  /** The price at which one lot could be bought or sold now; undefined where nobody quotes. */
  best(side: OrderSide): number | undefined {
    const { price, err } = this.#book.calculateMarketPrice(SIDES[side], 1);
    return err === null ? price : undefined;
  }
}

/**
 * The library answers with the makers done (their size is what was filled), at most one maker partly filled,
 * and the taker itself among them.
 */
function placed(takerId: string, result: ReturnType<OrderBook['limit']>): Placed {
  if (result.err !== null) throw result.err;
  const executions: Execution[] = [];
  for (const maker of result.done) {
    if (maker.id !== takerId && 'price' in maker) {
      executions.push({ makerId: maker.id, quantity: maker.size, price: maker.price });
    }
  }
  const partial = result.partial;
  if (partial !== null && partial.id !== takerId) {
    executions.push({ makerId: partial.id, quantity: result.partialQuantityProcessed, price: partial.price });
  }
  return { executions, remaining: result.quantityLeft };
}
