import { describe, expect, test } from 'vitest';
import { seededRandom } from '../exchange/index.ts';
import { testVenue } from '../testing/test-venue.ts';
import { FaultPlan } from './fault-plan.ts';

describe('an injected fault', () => {
  test('accepted but timed out: no answer comes, and the order stands', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'accepted-but-timed-out', account: 'a', count: 1 });
    const order = { clientId: 'lost', symbol: 'BTC-PERP', side: 'buy', type: 'limit', price: 100, quantity: 1 };
    const asked = fetch(`${venue.url}/v1/accounts/a/orders`, {
      method: 'POST',
      body: JSON.stringify(order),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(150),
    });
    await expect(asked).rejects.toThrow(/timeout/);
    expect((await venue.call('GET', '/v1/accounts/a/orders?clientId=lost')).body).toMatchObject([{ status: 'open' }]);
    // Who asks again under the same client id learns what became of it.
    expect((await venue.order({ clientId: 'lost' })).status).toBe(200);
    expect((await venue.journal()).find((entry) => entry.kind === 'order')).toMatchObject({
      outcome: 'accepted',
      fault: 'accepted-but-timed-out',
    });
  });

  test('cancel lost: answered as cancelled, and still open', async () => {
    const venue = await testVenue();
    const { body } = await venue.order();
    await venue.fault({ kind: 'cancel-lost', count: 1 });
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`)).body.status).toBe('cancelled');
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toMatchObject([{ status: 'open' }]);
    expect((await venue.witness()).accounts.a).toMatchObject({ openOrders: 1 });
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`)).body.status).toBe('cancelled');
    expect((await venue.witness()).accounts.a).toMatchObject({ openOrders: 0 });
  });

  test('fill during cancel: the order is filled at its price instead', async () => {
    const venue = await testVenue();
    const { body } = await venue.order({ quantity: 4 });
    await venue.fault({ kind: 'fill-during-cancel', count: 1 });
    const cancel = await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`);
    expect([cancel.status, cancel.body.status]).toEqual([409, 'filled']);
    expect((await venue.call('GET', '/v1/accounts/a/positions')).body).toMatchObject([
      { quantity: 4, averagePrice: 100 },
    ]);
    expect((await venue.witness()).accounts.a).toMatchObject({ openOrders: 0, openPositions: 1 });
  });

  test('partial fill: half of a market order is filled and the rest expires', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'partial-fill', count: 1 });
    expect((await venue.order({ type: 'market', quantity: 5 })).body).toMatchObject({
      status: 'expired',
      filled: 2,
      remaining: 3,
    });
    expect((await venue.order({ type: 'market', quantity: 5 })).body).toMatchObject({ status: 'filled', filled: 5 });
  });

  test('partial fill: half of a resting order is filled and the rest stays open', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'partial-fill', count: 1 });
    const { body } = await venue.order({ quantity: 5 });
    expect(body).toMatchObject({ status: 'open', filled: 2, remaining: 3, averagePrice: 100 });
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`)).body.status).toBe('cancelled');
    expect((await venue.call('GET', '/v1/accounts/a/positions')).body).toMatchObject([{ quantity: 2 }]);
  });

  test('unauthorised and rate-limited: orders and queries get 401 and 429 with Retry-After', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'unauthorised', account: 'a', count: 2 });
    expect((await venue.order()).status).toBe(401);
    expect((await venue.call('GET', '/v1/accounts/a/positions')).status).toBe(401);
    await venue.fault({ kind: 'rate-limited', account: 'a', count: 2, ms: 3000 });
    expect((await venue.order()).status).toBe(429);
    const query = await venue.call('GET', '/v1/accounts/a/orders');
    expect([query.status, query.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await venue.order()).status).toBe(201);
    expect((await venue.witness()).accounts.a).toMatchObject({ orders: 3, refused: 2 });
  });

  test('suspended: the market says so and takes no orders until it is cleared; cancels go through', async () => {
    const venue = await testVenue({ symbols: ['BTC-PERP', 'ETH-PERP'] });
    const { body } = await venue.order();
    await venue.fault({ kind: 'suspended', symbol: 'BTC-PERP' });
    expect((await venue.order()).body.error).toBe('market-suspended');
    expect((await venue.order({ symbol: 'ETH-PERP' })).status).toBe(201);
    expect((await venue.call('GET', '/v1/markets/BTC-PERP')).body.status).toBe('suspended');
    expect((await venue.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`)).status).toBe(200);
    expect((await venue.call('DELETE', '/admin/faults')).body.cleared).toBe(1);
    expect((await venue.order()).status).toBe(201);
  });

  test('empty answer and failed query: a list is empty although there is something, or 500', async () => {
    const venue = await testVenue();
    await venue.order();
    await venue.fault({ kind: 'empty-answer', count: 1 });
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toEqual([]);
    await venue.fault({ kind: 'failed-query', count: 1 });
    expect((await venue.call('GET', '/v1/accounts/a/orders')).status).toBe(500);
    expect((await venue.call('GET', '/v1/accounts/a/orders')).body).toHaveLength(1);
  });

  test('latency of the answer delays the answer alone; of the request, its receipt too', async () => {
    const venue = await testVenue();
    const waited = async (): Promise<number> => {
      const from = performance.now();
      await venue.order();
      return performance.now() - from;
    };
    await venue.order();
    await venue.fault({ kind: 'latency', ms: 60, stage: 'answer', count: 1 });
    expect(await waited()).toBeGreaterThan(55);
    await venue.fault({ kind: 'latency', ms: 60, stage: 'request', count: 1 });
    expect(await waited()).toBeGreaterThan(55);
    const [, answerLate, requestLate] = (await venue.journal()).filter((entry) => entry.kind === 'order');
    expect((requestLate?.at ?? 0) - (answerLate?.at ?? 0)).toBeGreaterThan(110_000);
  });

  test('of an unknown kind, or without sense, is refused', async () => {
    const venue = await testVenue();
    expect((await venue.call('POST', '/admin/faults', { kind: 'fire' })).status).toBe(422);
    expect((await venue.call('POST', '/admin/faults', { kind: 'latency', probability: 2 })).status).toBe(422);
  });
});

describe('the plan of faults', () => {
  test('fires with its probability, the same for the same seed', () => {
    const firings = (seed: number): string => {
      const plan = new FaultPlan(seededRandom(seed));
      plan.set({ kind: 'rate-limited', probability: 0.3 });
      return Array.from({ length: 200 }, () => (plan.strike('rate-limited', {}) === undefined ? '.' : 'x')).join('');
    };
    expect(firings(1)).toBe(firings(1));
    expect(firings(1)).not.toBe(firings(2));
    const share = firings(1).replaceAll('.', '').length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  test('fires no more often than counted, and only on its account', () => {
    const plan = new FaultPlan(seededRandom(1));
    plan.set({ kind: 'unauthorised', account: 'a', count: 2 });
    expect(plan.strike('unauthorised', { account: 'b' })).toBeUndefined();
    expect([1, 2, 3].map(() => plan.strike('unauthorised', { account: 'a' }) !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
