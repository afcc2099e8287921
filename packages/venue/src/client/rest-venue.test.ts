import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testVenue } from '../testing/test-venue.ts';
import { RestVenue, type RestVenueOptions } from './rest-venue.ts';

function client(options: RestVenueOptions): RestVenue {
  const venue = new RestVenue(options);
  onTestFinished(() => venue.close());
  return venue;
}

describe('the client of the venue', () => {
  test('reports what is open, and nothing where there is nothing', async () => {
    const venue = await testVenue();
    const asked = client({ url: venue.url });
    expect(await asked.exposure('a')).toEqual({ known: true, value: { orders: [], positions: [] } });
    const { body } = await venue.order({ clientId: 'ait-1' });
    await venue.order({ type: 'market', side: 'sell', quantity: 3 });
    expect(await asked.exposure('a')).toEqual({
      known: true,
      value: {
        orders: [{ clientId: 'ait-1', orderId: body.orderId }],
        positions: [{ symbol: 'BTC-PERP', quantity: -3 }],
      },
    });
  });

  test.each(['failed-query', 'unauthorised', 'rate-limited'])(
    'does not know the exposure after %s of any one of its questions',
    async (kind) => {
      const venue = await testVenue();
      await venue.fault({ kind, count: 1 });
      expect(await client({ url: venue.url }).exposure('a')).toMatchObject({ known: false });
    },
  );

  test('does not read an empty answer as flat when there is something', async () => {
    const venue = await testVenue();
    await venue.order();
    await venue.order({ type: 'market' });
    await venue.fault({ kind: 'empty-answer' });
    expect(await client({ url: venue.url }).exposure('a')).toMatchObject({
      known: false,
      reason: expect.stringContaining('contradicts'),
    });
  });

  test('asks again once where lists and counts differ, since the market may just have moved', async () => {
    const venue = await testVenue();
    await venue.order();
    await venue.fault({ kind: 'empty-answer', count: 1 });
    expect(await client({ url: venue.url }).exposure('a')).toMatchObject({ known: true, value: { orders: [{}] } });
  });

  test('does not know in time what is answered late', async () => {
    const venue = await testVenue();
    await venue.fault({ kind: 'latency', ms: 5000, stage: 'answer' });
    const answer = await client({ url: venue.url, timeoutMs: 100 }).exposure('a');
    expect(answer).toMatchObject({ known: false, reason: expect.stringContaining('no answer within 100 ms') });
  });

  test('does not know the account of a venue that is gone, or that has no such account', async () => {
    const venue = await testVenue();
    const asked = client({ url: venue.url });
    expect(await asked.exposure('nobody')).toMatchObject({ known: false, reason: expect.stringContaining('404') });
    await venue.close();
    expect(await asked.exposure('a')).toMatchObject({ known: false });
    expect(await asked.cancelAll('a', '')).toMatchObject({ known: false });
    expect(await asked.fence('a', 1)).toMatchObject({ known: false });
  });

  test('cancels the orders of one prefix, and says how many', async () => {
    const venue = await testVenue();
    await venue.order({ clientId: 'ait-1' });
    await venue.order({ clientId: 'ait-2' });
    await venue.order({ clientId: 'other' });
    expect(await client({ url: venue.url }).cancelAll('a', 'ait-')).toEqual({ known: true, value: 2 });
    expect(await client({ url: venue.url }).exposure('a')).toMatchObject({
      value: { orders: [{ clientId: 'other' }] },
    });
  });

  test('fences, and says whether the venue refuses or only records', async () => {
    const witness = await testVenue();
    expect(await client({ url: witness.url }).fence('a', 3)).toEqual({ known: true, value: false });
    const fencing = await testVenue({ mode: 'fencing' });
    expect(await client({ url: fencing.url }).fence('a', 3)).toEqual({ known: true, value: true });
    expect((await fencing.order({ origin: { instance: 'A', token: 2 } })).status).toBe(409);
  });

  test('shows its key', async () => {
    const venue = await testVenue();
    await venue.call('POST', '/v1/accounts', { account: 'keyed', apiKey: 'secret' });
    expect(await client({ url: venue.url, apiKey: 'secret' }).exposure('keyed')).toMatchObject({ known: true });
    expect(await client({ url: venue.url }).exposure('keyed')).toMatchObject({ known: false });
  });

  test.each([
    ['is cut off', '{"openOrders":0'],
    ['has another shape', '{"openOrders":"none"}'],
    ['is a list with something strange in it', '[{"clientId":"x","orderId":"1","symbol":"B","quantity":1},7]'],
  ])('does not know what an answer means that %s', async (_what, body) => {
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const asked = client({ url: `http://127.0.0.1:${port}` });
    expect(await asked.exposure('a')).toMatchObject({ known: false });
    expect(await asked.cancelAll('a', '')).toMatchObject({ known: false });
    expect(await asked.fence('a', 1)).toMatchObject({ known: false });
  });

  test('asks again on a fresh connection where the venue had closed the kept one', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      // The second request on a connection meets one that was closed.
      if (requests === 2) request.socket.resetAndDestroy();
      else response.end('{"token":5,"fences":true}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const asked = client({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expect(await asked.fence('a', 5)).toEqual({ known: true, value: true });
    expect(await asked.fence('a', 5)).toEqual({ known: true, value: true });
    expect(requests).toBe(3);
  });
});
