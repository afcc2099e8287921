import { describe, expect, test } from 'vitest';
import { ask, testVenue } from '../testing/test-venue.ts';

describe('orders', () => {
  test('a market order is filled at once at the maker quotes and makes a position', async () => {
    const venue = await testVenue();
    const { status, body } = await venue.order({ type: 'market', quantity: 5 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'filled', filled: 5, remaining: 0, averagePrice: 3_000_002 });
    const positions = await venue.call('GET', '/v1/accounts/a/positions');
    expect(positions.body).toEqual([{ symbol: 'BTC-PERP', quantity: 5, averagePrice: 3_000_002 }]);
    const fills = await venue.call('GET', '/v1/accounts/a/fills');
    expect(fills.body).toMatchObject([{ quantity: 5, price: 3_000_002, role: 'taker' }]);
  });

  test('a market order of any permitted size finds liquidity, one after the other', async () => {
    const venue = await testVenue();
    for (let round = 0; round < 30; round += 1) {
      const { body } = await venue.order({
        type: 'market',
        quantity: 100_000,
        side: round % 2 === 0 ? 'buy' : 'sell',
        reduceOnly: round % 2 === 1,
      });
      // The margin of so large an order is beyond the account: it is refused, and never filled in part.
      expect(body.error ?? body.status).toBe(round % 2 === 0 ? 'insufficient-balance' : 'reduce-only');
    }
    await venue.call('POST', '/v1/accounts', { account: 'rich', balance: 1_000_000_000_000 });
    for (let round = 0; round < 30; round += 1) {
      const order = { clientId: `${round}`, symbol: 'BTC-PERP', side: 'buy', type: 'market', quantity: 100_000 };
      const { body } = await venue.call('POST', '/v1/accounts/rich/orders', order);
      expect(body).toMatchObject({ status: 'filled', filled: 100_000, averagePrice: 3_000_002 });
    }
  });

  test('a limit order away from the market rests, is listed, and is filled at its price when the market comes', async () => {
    const venue = await testVenue();
    const resting = await venue.order({ side: 'sell', price: 3_000_003, quantity: 2 });
    expect(resting.body.status).toBe('open');
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toMatchObject([{ orderId: resting.body.orderId }]);
    for (let steps = 0; steps < 200; steps += 1) venue.step();
    expect((await venue.call('GET', `/v1/accounts/a/orders/${resting.body.orderId}`)).body).toMatchObject({
      status: 'filled',
      averagePrice: 3_000_003,
    });
    expect((await venue.call('GET', '/v1/accounts/a/fills')).body).toMatchObject([{ role: 'maker', price: 3_000_003 }]);
  });

  test('an immediate-or-cancel order that meets nobody expires and rests nowhere', async () => {
    const venue = await testVenue();
    expect((await venue.order({ timeInForce: 'ioc' })).body).toMatchObject({
      status: 'expired',
      filled: 0,
      remaining: 1,
    });
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toEqual([]);
  });

  test('two accounts trade with each other at the better price, first come first served', async () => {
    const venue = await testVenue();
    await venue.call('POST', '/v1/accounts', { account: 'b' });
    const first = await venue.order({ price: 3_000_001, quantity: 3 });
    const second = await venue.order({ price: 3_000_001, quantity: 3 });
    const taker = { clientId: 't', symbol: 'BTC-PERP', side: 'sell', type: 'limit', price: 3_000_001, quantity: 4 };
    expect((await venue.call('POST', '/v1/accounts/b/orders', taker)).body).toMatchObject({
      status: 'filled',
      averagePrice: 3_000_001,
    });
    expect((await venue.call('GET', `/v1/accounts/a/orders/${first.body.orderId}`)).body).toMatchObject({
      status: 'filled',
    });
    expect((await venue.call('GET', `/v1/accounts/a/orders/${second.body.orderId}`)).body).toMatchObject({
      status: 'open',
      filled: 1,
    });
  });

  test('a reduce-only order trades no more than the position, and none without one', async () => {
    const venue = await testVenue();
    expect((await venue.order({ side: 'sell', type: 'market', reduceOnly: true })).body.error).toBe('reduce-only');
    await venue.order({ type: 'market', quantity: 3 });
    const flatten = await venue.order({ side: 'sell', type: 'market', quantity: 10, reduceOnly: true });
    expect(flatten.body).toMatchObject({ status: 'filled', quantity: 3, filled: 3 });
    expect((await venue.call('GET', '/v1/accounts/a/positions')).body).toEqual([]);
    // Bought at the ask and sold at the bid: the spread of four ticks is lost on three lots.
    expect((await venue.call('GET', '/v1/accounts/a/balance')).body).toMatchObject({
      cash: 1_000_000_000 - 12,
      openPositions: 0,
    });
  });

  test('the same client id answers with the first order and trades once', async () => {
    const venue = await testVenue();
    const first = await venue.order({ clientId: 'once', type: 'market', quantity: 2 });
    const again = await venue.order({ clientId: 'once', type: 'market', quantity: 9 });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect((await venue.call('GET', '/v1/accounts/a/positions')).body).toMatchObject([{ quantity: 2 }]);
    expect((await venue.journal()).filter((entry) => entry.kind === 'order').map((entry) => entry.outcome)).toEqual([
      'accepted',
      'duplicate',
    ]);
    expect((await venue.call('GET', '/v1/accounts/a/orders?clientId=once')).body).toEqual([first.body]);
  });

  test('a client id whose order was refused may be used again', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'suspended', count: 1 });
    expect((await venue.order({ clientId: 'retry' })).status).toBe(422);
    expect((await venue.order({ clientId: 'retry' })).status).toBe(201);
  });

  test('cancel takes one order away, by prefix those of one program, and a second cancel says what it found', async () => {
    const venue = await testVenue();
    const { body } = await venue.order({ clientId: 'mine-1' });
    await venue.order({ clientId: 'mine-2' });
    await venue.order({ clientId: 'other' });
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`)).body.status).toBe('cancelled');
    const again = await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`);
    expect([again.status, again.body.error, again.body.status]).toEqual([409, 'not-open', 'cancelled']);
    expect((await venue.call('DELETE', '/v1/accounts/a/orders?clientIdPrefix=mine-')).body.cancelled).toHaveLength(1);
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toMatchObject([{ clientId: 'other' }]);
    expect((await venue.call('DELETE', '/v1/accounts/a/orders/o-999')).status).toBe(404);
  });

  test.each([
    ['clientId', { clientId: '' }],
    ['side', { side: 'up' }],
    ['type', { type: 'stop' }],
    ['quantity', { quantity: 0.5 }],
    ['price', { price: undefined }],
    ['origin', { origin: { token: 3 } }],
    ['token', { origin: { instance: 'x', token: -1 } }],
  ])('a wrong %s is refused with one line and no order', async (_name, wrong) => {
    const venue = await testVenue();
    const { status, body } = await venue.order(wrong);
    expect([status, body.error]).toEqual([422, 'bad-request']);
    expect(body.message).toMatch(/must be/);
    expect((await venue.call('GET', '/v1/accounts/a/balance')).body.openOrders).toBe(0);
  });
});

describe('accounts', () => {
  test('a wrong API key gets 401, and the order is journaled as refused', async () => {
    const venue = await testVenue();
    await venue.call('POST', '/v1/accounts', { account: 'keyed', apiKey: 'secret' });
    const order = { clientId: 'k', symbol: 'BTC-PERP', side: 'buy', type: 'market', quantity: 1 };
    expect((await venue.call('POST', '/v1/accounts/keyed/orders', order, { 'x-api-key': 'wrong' })).status).toBe(401);
    expect((await venue.call('GET', '/v1/accounts/keyed/positions')).status).toBe(401);
    expect((await venue.call('POST', '/v1/accounts/keyed/orders', order, { 'x-api-key': 'secret' })).status).toBe(201);
    expect((await venue.witness()).accounts.keyed).toMatchObject({ orders: 2, refused: 1, accepted: 1 });
    expect(JSON.stringify(await venue.journal())).not.toContain('secret');
  });

  test('an unknown account is 404, and comes into being where the venue is open', async () => {
    const closed = await testVenue();
    expect((await closed.call('GET', '/v1/accounts/new/orders')).status).toBe(404);
    const open = await testVenue({ open: true });
    expect((await open.call('GET', '/v1/accounts/new/orders')).body).toEqual([]);
    expect((await open.call('POST', '/v1/accounts', { account: 'new' })).status).toBe(409);
  });
});

describe('the fence', () => {
  const origin = (token: number, instance = `i${token}`) => ({ origin: { instance, token, release: token } });

  test('in fencing mode a stale token is refused with the floor, and journaled', async () => {
    const venue = await testVenue({ mode: 'fencing' });
    expect((await venue.order(origin(5))).status).toBe(201);
    expect((await venue.call('POST', '/v1/accounts/a/fence', { token: 7 })).body).toEqual({ token: 7, fences: true });
    const stale = await venue.order(origin(5));
    expect([stale.status, stale.body.error, stale.body.floor]).toEqual([409, 'stale-token', 7]);
    expect((await venue.order()).body.error).toBe('missing-token');
    expect((await venue.order(origin(8))).status).toBe(201);
    expect((await venue.order(origin(7))).status).toBe(409);
    expect((await venue.witness()).accounts.a).toMatchObject({
      orders: 5,
      accepted: 2,
      refused: 3,
      staleTokens: 2,
      overlaps: 0,
    });
  });

  test('in fencing mode a stale holder can neither cancel nor adopt, and an operator can cancel', async () => {
    const venue = await testVenue({ mode: 'fencing' });
    const { body } = await venue.order(origin(5));
    await venue.call('POST', '/v1/accounts/a/fence', { token: 6 });
    const header = { 'x-origin': JSON.stringify({ instance: 'i5', token: 5 }) };
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`, undefined, header)).status).toBe(409);
    const adoption = { orders: [body.orderId], positions: [], ...origin(5) };
    expect((await venue.call('POST', '/v1/accounts/a/adopt', adoption)).status).toBe(409);
    expect((await venue.call('DELETE', '/v1/accounts/a/orders')).body.cancelled).toEqual([body.orderId]);
  });

  test('in witness mode the same stale order is taken, and seen as an overlap', async () => {
    const venue = await testVenue();
    await venue.order(origin(5));
    expect((await venue.call('POST', '/v1/accounts/a/fence', { token: 7 })).body).toEqual({ token: 7, fences: false });
    expect((await venue.order(origin(5))).status).toBe(201);
    expect((await venue.witness()).accounts.a).toMatchObject({ overlaps: 1, staleTokens: 1, accepted: 2 });
  });
});

describe('markets', () => {
  test('move the same way for the same seed, and another way for another', async () => {
    const walk = async (seed: number): Promise<unknown[]> => {
      const venue = await testVenue({ seed, symbols: ['BTC-PERP', 'ETH-PERP'] });
      const mids: unknown[] = [];
      for (let steps = 0; steps < 20; steps += 1) {
        venue.step();
        mids.push((await venue.call('GET', '/v1/markets/BTC-PERP')).body.mid);
      }
      return mids;
    };
    const first = await walk(7);
    expect(new Set(first).size).toBeGreaterThan(5);
    expect(await walk(7)).toEqual(first);
    expect(await walk(8)).not.toEqual(first);
  });

  test('the stream sends each step to everybody who listens', async () => {
    const venue = await testVenue();
    const response = await fetch(`${venue.url}/v1/stream`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    venue.step();
    const { value } = (await reader?.read()) ?? {};
    expect(value).toMatch(/^id: 1\nevent: prices\ndata: \[\{"symbol":"BTC-PERP","status":"open","bid":\d+/);
    await reader?.cancel();
  });

  test('a market that does not exist is 404', async () => {
    const venue = await testVenue();
    expect((await venue.call('GET', '/v1/markets/NONE')).status).toBe(404);
    expect((await venue.order({ symbol: 'NONE' })).body.error).toBe('unknown-symbol');
    expect((await ask(venue.url, 'GET', '/nowhere')).status).toBe(404);
  });
});
