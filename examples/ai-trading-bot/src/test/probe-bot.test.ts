import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Launched, launch } from './launch.ts';
import { VenueDouble } from './venue-double.ts';

const directory = join(import.meta.dirname, '../../../../test/fixtures/probe-bot/bot');
const zero = { known: true, value: 0 };
let venue: VenueDouble;
let probe: Launched;

beforeEach(async () => {
  venue = new VenueDouble();
  probe = await launch(directory, { VENUE_URL: await venue.listen(), BATON_RELEASE: '3' });
});
afterEach(async () => {
  await probe.kill();
  await venue.close();
});

it('has sent its first order when the activation is answered, and goes on at about one each millisecond', async () => {
  expect(venue.received).toEqual([]);
  await probe.command('activate', 9);
  const startedAt = performance.now();
  await expect.poll(() => venue.received.length, { interval: 5 }).toBeGreaterThan(100);
  expect(venue.received.length).toBeLessThan(performance.now() - startedAt + 100);
  expect(venue.received[0]).toMatchObject({
    clientId: 'prb-3-9-1',
    type: 'limit',
    timeInForce: 'ioc',
    price: 1,
    origin: { release: 3, token: 9, instance: probe.instance },
  });
});

it('leaves nothing in flight and nothing open when it has settled', async () => {
  await probe.command('activate', 9);
  await expect.poll(() => venue.received.length).toBeGreaterThan(10);
  await probe.command('quiesce', 9);
  const settled = await probe.command('settle', 9, { policy: 'transfer', deadlineMs: 1_000 });
  expect(settled.body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
  const sent = venue.received.length;
  expect((await probe.command('checkpoint', 9)).body).toMatchObject({
    state: { sent, accepted: sent },
    format: 'probe/1',
  });
  await probe.command('deactivate', 10);
  expect(venue.received.length).toBe(sent);
});
