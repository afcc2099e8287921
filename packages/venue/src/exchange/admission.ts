import type { FaultPlan } from '../faults/index.ts';
import type { OrderRequest, Origin, VenueMode } from '../journal/index.ts';
import type { Account } from './account.ts';
import { type Refusal, refusal } from './refusal.ts';

/** Margin asked for: a tenth of the value of the position that the order could lead to. */
const LEVERAGE = 10;

/** The fence. In witness mode it refuses nothing: what a venue refuses, nobody could count. */
export function fenceRefusal(account: Account, origin: Origin | undefined, mode: VenueMode): Refusal | undefined {
  if (mode === 'witness' || account.floor === 0) return undefined;
  const { floor } = account;
  if (origin?.token === undefined) {
    return refusal('missing-token', `This account is fenced at token ${floor}; an order without a token is refused.`, {
      floor,
    });
  }
  if (origin.token >= floor) return undefined;
  return refusal('stale-token', `Token ${origin.token} is below ${floor}, which was granted or seen.`, { floor });
}

/** Lots that an order may trade: all of them, or what would bring the position to nothing. */
export function tradable(account: Account, request: OrderRequest): number {
  if (!request.reduceOnly) return request.quantity;
  const position = account.positionOf(request.symbol);
  const closable = request.side === 'sell' ? Math.max(0, position) : Math.max(0, -position);
  return Math.min(request.quantity, closable);
}

/** Why the exchange would not take this order; undefined where it would. `mid` is the present price in ticks. */
export function orderRefusal(
  account: Account,
  request: OrderRequest,
  mid: number,
  faults: FaultPlan,
): Refusal | undefined {
  const { symbol } = request;
  if (faults.strike('suspended', { account: account.name, symbol }) !== undefined) {
    return refusal('market-suspended', `The market ${symbol} is suspended; orders are refused until it resumes.`);
  }
  const quantity = tradable(account, request);
  if (quantity === 0) {
    return refusal('reduce-only', `There is no position in ${symbol} that this order could reduce.`);
  }
  const position = account.positionOf(symbol);
  const after = Math.abs(position + (request.side === 'buy' ? quantity : -quantity));
  if (after <= Math.abs(position)) return undefined;
  const margin = (after * (request.price ?? mid)) / LEVERAGE;
  if (margin <= account.cash) return undefined;
  return refusal(
    'insufficient-balance',
    `The order asks for ${margin} ticks of margin; the account has ${account.cash}.`,
  );
}
