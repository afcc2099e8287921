export type { Account, Position } from './account.ts';
export { type Cancelled, Exchange, type ExchangeOptions, type Receipt, type Submitted } from './exchange.ts';
export type { MarketSpec } from './market.ts';
export { type Order, type OrderView, orderView } from './order.ts';
export { type Random, seededRandom } from './random.ts';
export { type Refusal, refusal } from './refusal.ts';
