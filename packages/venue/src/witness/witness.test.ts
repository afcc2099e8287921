import { describe, expect, test } from 'vitest';
import type { JournalEntry, JournalFact, OrderEntry, Origin } from '../journal/index.ts';
import type { AccountReport } from './report.ts';
import { analyse } from './witness.ts';

/** Entries in their order, one millisecond apart. */
const journal = (...facts: JournalFact[]): JournalEntry[] =>
  facts.map((fact, index) => ({ ...fact, seq: index + 1, at: index * 1000 }));
const of = (...facts: JournalFact[]): AccountReport => {
  const report = analyse(journal(...facts)).accounts.a;
  if (report === undefined) throw new Error('the account is not in the report');
  return report;
};
const by = (instance: string, token?: number): Origin => ({
  instance,
  release: 1,
  ...(token === undefined ? {} : { token }),
});

let orders = 0;
function order(origin: Origin | undefined, more: Partial<OrderEntry> = {}): OrderEntry {
  orders += 1;
  return {
    kind: 'order',
    account: 'a',
    connection: 1,
    outcome: 'accepted',
    orderId: `o-${orders}`,
    status: 'expired',
    ...more,
    order: {
      clientId: `c-${orders}`,
      symbol: 'BTC-PERP',
      side: 'buy',
      type: 'limit',
      quantity: 2,
      price: 100,
      timeInForce: 'gtc',
      reduceOnly: false,
      ...(origin === undefined ? {} : { origin }),
    },
  };
}
const fence = (token: number): JournalFact => ({ kind: 'fence', account: 'a', token });
const fill = (orderId: string, quantity: number, origin: Origin, side: 'buy' | 'sell' = 'buy'): JournalFact => ({
  kind: 'fill',
  account: 'a',
  orderId,
  symbol: 'BTC-PERP',
  side,
  quantity,
  price: 100,
  role: 'taker',
  origin,
});
const adopt = (orderIds: string[], positions: string[], origin: Origin): JournalFact => ({
  kind: 'adopt',
  account: 'a',
  orders: orderIds,
  positions,
  origin,
  outcome: 'accepted',
});

describe('an overlap', () => {
  test('is not seen where one holder follows the other under rising tokens', () => {
    const report = of(order(by('A', 1)), order(by('A', 1)), fence(2), order(by('B', 3)), order(by('A', 5)));
    expect(report).toMatchObject({ orders: 4, overlaps: 0, staleTokens: 0, token: 5 });
  });
  test('is an order under a token below one granted, though nobody used that yet', () => {
    expect(of(order(by('A', 1)), fence(2), order(by('A', 1)))).toMatchObject({ overlaps: 1, staleTokens: 1 });
  });
  test('is an order under a token below one seen, and each such order counts', () => {
    const report = of(order(by('A', 1)), order(by('B', 2)), order(by('A', 1)), order(by('B', 2)), order(by('A', 1)));
    expect(report).toMatchObject({ overlaps: 2, staleTokens: 2 });
  });
  test('is an order under a token below one that an adoption or a cancel showed', () => {
    expect(of(adopt([], [], by('B', 2)), order(by('A', 1)))).toMatchObject({ overlaps: 1 });
    const cancel: JournalFact = { kind: 'cancel', account: 'a', orderId: 'o', outcome: 'not-open', origin: by('B', 2) };
    expect(of(cancel, order(by('A', 1)))).toMatchObject({ overlaps: 1 });
  });
  test('counts an order that the exchange refused for another reason: it was received', () => {
    const refused = order(by('A', 1), { outcome: 'refused', reason: 'market-suspended' });
    expect(of(fence(2), refused)).toMatchObject({ overlaps: 1, refused: 1, accepted: 0 });
  });
  test('does not count what the fence refused: that is a stale token only', () => {
    expect(of(fence(2), order(by('A', 1), { outcome: 'refused', reason: 'stale-token' }))).toMatchObject({
      overlaps: 0,
      staleTokens: 1,
    });
  });
  test('is two instances that take turns under the same token', () => {
    const turns = [order(by('A', 1)), order(by('B', 1)), order(by('A', 1)), order(by('B', 1))];
    expect(of(...turns.slice(0, 2))).toMatchObject({ overlaps: 0 });
    expect(of(...turns)).toMatchObject({ overlaps: 2, staleTokens: 0 });
  });
  test('is two instances, or two connections, that take turns without any token', () => {
    expect(of(order(by('A')), order(by('B')), order(by('A')))).toMatchObject({ overlaps: 1, foreignOrders: 0 });
    const on = (connection: number) => order(undefined, { connection });
    expect(of(on(1), on(2), on(1))).toMatchObject({ overlaps: 1 });
    expect(of(on(1), on(1), on(2), on(2))).toMatchObject({ overlaps: 0 });
  });
  test('is not an order without a token beside a holder: that is a foreign one', () => {
    const report = of(order(by('A', 1)), order(undefined), order(by('A', 1)), order(undefined));
    expect(report).toMatchObject({ overlaps: 0, foreignOrders: 2 });
  });
  test('of one account is not that of another', () => {
    const other = { ...order(by('A', 1)), account: 'b' };
    const { accounts } = analyse(journal(order(by('A', 1)), fence(9), other));
    expect([accounts.a?.overlaps, accounts.b?.overlaps]).toEqual([0, 0]);
  });
});

describe('an orphan', () => {
  const resting = (orderId: string, origin: Origin) => order(origin, { orderId, status: 'open', quantity: 2 });

  test('order is one that is open when another holds the token', () => {
    expect(of(resting('x', by('A', 1)))).toMatchObject({ openOrders: 1, orphanOrders: 0 });
    expect(of(resting('x', by('A', 1)), order(by('B', 2)))).toMatchObject({ openOrders: 1, orphanOrders: 1 });
  });
  test('order is one that is open when a token was granted that nobody showed', () => {
    expect(of(resting('x', by('A', 1)), fence(2))).toMatchObject({ orphanOrders: 1 });
  });
  test('order is none once it is adopted, filled or cancelled', () => {
    const begin = [resting('x', by('A', 1)), order(by('B', 2))];
    expect(of(...begin, adopt(['x'], [], by('B', 2)))).toMatchObject({ openOrders: 1, orphanOrders: 0 });
    expect(of(...begin, fill('x', 2, by('A', 1)), adopt([], ['BTC-PERP'], by('B', 2)))).toMatchObject({
      openOrders: 0,
      orphanOrders: 0,
      orphanPositions: 0,
    });
    const cancel: JournalFact = { kind: 'cancel', account: 'a', orderId: 'x', outcome: 'cancelled' };
    expect(of(...begin, cancel)).toMatchObject({ openOrders: 0, orphanOrders: 0 });
  });
  test('order stays one after a cancel that was lost', () => {
    const lost: JournalFact = { kind: 'cancel', account: 'a', orderId: 'x', outcome: 'lost' };
    expect(of(resting('x', by('A', 1)), lost, order(by('B', 2)))).toMatchObject({ orphanOrders: 1 });
  });
  test('position is one that the holder neither opened nor adopted', () => {
    const begin = [order(by('A', 1), { orderId: 'x', status: 'filled' }), fill('x', 2, by('A', 1))];
    expect(of(...begin)).toMatchObject({ openPositions: 1, orphanPositions: 0 });
    expect(of(...begin, order(by('B', 2)))).toMatchObject({ openPositions: 1, orphanPositions: 1 });
    expect(of(...begin, adopt([], ['BTC-PERP'], by('B', 2)))).toMatchObject({ orphanPositions: 0 });
  });
  test('position is none once it is flat, or was turned over by the holder', () => {
    const begin = [
      order(by('A', 1), { orderId: 'x', status: 'filled' }),
      fill('x', 2, by('A', 1)),
      order(by('B', 2), { orderId: 'y', status: 'filled' }),
    ];
    expect(of(...begin, fill('y', 1, by('B', 2), 'sell'))).toMatchObject({ openPositions: 1, orphanPositions: 1 });
    expect(of(...begin, fill('y', 2, by('B', 2), 'sell'))).toMatchObject({ openPositions: 0, orphanPositions: 0 });
    expect(of(...begin, fill('y', 3, by('B', 2), 'sell'))).toMatchObject({ openPositions: 1, orphanPositions: 0 });
  });
  test('is handed on: what was adopted is orphaned again by the next holder', () => {
    const begin = [resting('x', by('A', 1)), adopt(['x'], [], by('B', 2))];
    expect(of(...begin, order(by('C', 3)))).toMatchObject({ orphanOrders: 1 });
  });
  test('fill of an adopted order belongs to its adopter', () => {
    const begin = [resting('x', by('A', 1)), adopt(['x'], [], by('B', 2)), fill('x', 2, by('A', 1))];
    expect(of(...begin)).toMatchObject({ openPositions: 1, orphanPositions: 0 });
  });
});

describe('handovers', () => {
  test('measure from the last accepted order of one holder to the first accepted of the next', () => {
    const refused = order(by('B', 2), { outcome: 'refused', reason: 'market-suspended' });
    const report = of(order(by('A', 1)), order(by('A', 1)), fence(2), refused, order(by('B', 2)), order(by('B', 2)));
    expect(report.handovers).toEqual([{ fromInstance: 'A', toInstance: 'B', fromToken: 1, toToken: 2, gapMs: 3 }]);
    expect(report.holders).toEqual([
      { instance: 'A', release: 1, token: 1, firstAt: 0, lastAt: 1000, firstAcceptedAt: 0, lastAcceptedAt: 1000 },
      { instance: 'B', release: 1, token: 2, firstAt: 3000, lastAt: 5000, firstAcceptedAt: 4000, lastAcceptedAt: 5000 },
    ]);
  });
  test('are below zero where the two overlapped', () => {
    const report = of(order(by('A', 1)), order(by('B', 2)), order(by('A', 1)));
    expect(report.handovers.map(({ gapMs }) => gapMs)).toEqual([-1]);
  });
});
