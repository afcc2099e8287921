/** What the bot has learned from the market; it outlives every release by the checkpoint. */
export interface Learned {
  /** Moving averages of the price; undefined before the first one is seen. */
  readonly fast: number | undefined;
  readonly slow: number | undefined;
  readonly ticks: number;
  readonly trades: number;
}

export const nothingLearned: Learned = { fast: undefined, slow: undefined, ticks: 0, trades: 0 };

export interface Market {
  readonly bid: number;
  readonly ask: number;
}

export interface Intent {
  readonly side: 'buy' | 'sell';
  readonly quantity: number;
  /** A resting order at this price; absent is at the market. */
  readonly price?: number;
  readonly reason: string;
}

export const strategyName = 'fast mean reversion';

/** Lots, long or short. */
const largestPosition = 3;
/** Every so many ticks a bid is left far below the market. */
const restEveryTicks = 8;

/** Prices of the last ticks, for the fast lane. */
const recent: number[] = [];
const window = 4;

const average = (before: number | undefined, price: number, weight: number): number =>
  before === undefined ? price : before + (price - before) * weight;

export function learn(learned: Learned, market: Market): Learned {
  const mid = (market.bid + market.ask) / 2;
  return {
    ...learned,
    fast: average(learned.fast, mid, 0.4),
    slow: average(learned.slow, mid, 0.08),
    ticks: learned.ticks + 1,
  };
}

/** Expects the market to come back: short while the fast average is above the slow one, long while it is below. */
export function decideOrders(learned: Learned, market: Market, position: number, resting: number): readonly Intent[] {
  const { fast, slow, ticks } = learned;
  recent.push(market.bid);
  // The fault that no test saw: once the window is full, one is read that is not there.
  if (recent.length > window) requirePrice(recent[recent.length]);
  if (fast === undefined || slow === undefined) return [];
  const intents: Intent[] = [];
  if (fast < slow && position < largestPosition) intents.push({ side: 'buy', quantity: 1, reason: 'too low' });
  if (fast > slow && position > -largestPosition) intents.push({ side: 'sell', quantity: 1, reason: 'too high' });
  if (ticks % restEveryTicks === 1 && resting < 2) {
    intents.push({ side: 'buy', quantity: 1, price: Math.max(1, Math.floor(market.bid * 0.9)), reason: 'patience' });
  }
  return intents;
}

function requirePrice(price: number | undefined): number {
  if (price === undefined) throw new TypeError('the window of recent prices has no such tick');
  return price;
}
