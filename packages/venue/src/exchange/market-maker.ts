import type { Market, Placed } from './market.ts';
import type { Random } from './random.ts';

/** Lots that the maker shows at each of its prices; far more than an order may be. */
const MAKER_DEPTH_LOTS = 1_000_000;
const LEVELS = 3;
const HALF_SPREAD_TICKS = 2;
const MAX_STEP_TICKS = 8;
/** Share of the distance to the start that is taken back in each step, so that the price stays near it. */
const REVERSION = 0.02;

const MAKER_PREFIX = 'maker:';
export const isMakerOrder = (orderId: string): boolean => orderId.startsWith(MAKER_PREFIX);

/**
 * Quotes both sides of one market around a seeded random walk, so that prices move and a market order always
 * finds somebody. It trades with everybody and appears in no journal.
 */
export class MarketMaker {
  readonly #market: Market;
  readonly #random: Random;
  #quotes: string[] = [];
  #next = 0;
  #mid: number;

  constructor(market: Market, random: Random) {
    this.#market = market;
    this.#random = random;
    this.#mid = market.spec.startPrice;
  }

  get mid(): number {
    return this.#mid;
  }

  /** Moves the price one step and quotes around it. What it thereby trades with is returned. */
  step(): Placed[] {
    const drift = (this.#market.spec.startPrice - this.#mid) * REVERSION;
    const move = Math.round((this.#random() * 2 - 1) * MAX_STEP_TICKS + drift);
    this.#mid = Math.max(LEVELS + HALF_SPREAD_TICKS + 1, this.#mid + move);
    return this.requote();
  }

  /** Renews every quote at the present price. */
  requote(): Placed[] {
    for (const id of this.#quotes) this.#market.cancel(id);
    this.#quotes = [];
    const trades: Placed[] = [];
    for (let level = 0; level < LEVELS; level += 1) {
      const distance = HALF_SPREAD_TICKS + level;
      trades.push(this.#quote('buy', this.#mid - distance), this.#quote('sell', this.#mid + distance));
    }
    return trades.filter(({ executions }) => executions.length > 0);
  }

  #quote(side: 'buy' | 'sell', price: number): Placed {
    this.#next += 1;
    const id = `${MAKER_PREFIX}${this.#market.spec.symbol}:${this.#next}`;
    this.#quotes.push(id);
    return this.#market.limit(id, side, MAKER_DEPTH_LOTS, price);
  }
}
