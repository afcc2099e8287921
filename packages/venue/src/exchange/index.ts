export type { Account } from './account.ts';
export { Exchange, type Receipt } from './exchange.ts';
export type { MarketSpec } from './market.ts';
export { orderView } from './order.ts';
export { type Random, seededRandom } from './random.ts';
export { type Refusal, refusal } from './refusal.ts';
