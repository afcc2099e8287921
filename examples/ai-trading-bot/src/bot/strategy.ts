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

export const strategyName = 'momentum';

/** Lots, long or short. */
const largestPosition = 3;
/** Every so many ticks a bid is left far below the market. */
const restEveryTicks = 8;

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

/** Follows the market: long while the fast average is above the slow one, short while it is below. */
export function decideOrders(learned: Learned, market: Market, position: number, resting: number): readonly Intent[] {
  const { fast, slow, ticks } = learned;
  if (fast === undefined || slow === undefined) return [];
  const intents: Intent[] = [];
  if (fast > slow && position < largestPosition) intents.push({ side: 'buy', quantity: 1, reason: 'rising' });
  if (fast < slow && position > -largestPosition) intents.push({ side: 'sell', quantity: 1, reason: 'falling' });
  if (ticks % restEveryTicks === 1 && resting < 2) {
    intents.push({ side: 'buy', quantity: 1, price: Math.max(1, Math.floor(market.bid * 0.9)), reason: 'patience' });
  }
  return intents;
}
