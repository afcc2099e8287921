import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Launched, launch } from './launch.ts';
import { VenueDouble } from './venue-double.ts';

const directory = join(import.meta.dirname, '..', 'bot');
const zero = { known: true, value: 0 };
const running: Launched[] = [];
let venue: VenueDouble;
let address: string;

beforeEach(async () => {
  venue = new VenueDouble();
  address = await venue.listen();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.kill()));
  await venue.close();
});

async function startBot(env: Readonly<Record<string, string>> = {}): Promise<Launched> {
  const bot = await launch(directory, {
    VENUE_URL: address,
    BATON_PEER_BLUEFIN_SERVICE: address,
    BATON_PEER_MCP_MEMORY: `${address}/nothing`,
    TICK_MS: '5',
    VENUE_TIMEOUT_MS: '300',
    MAX_IN_FLIGHT_MS: '300',
    ...env,
  });
  running.push(bot);
  return bot;
}

/** A bot that has traded: it holds a position and has an order resting. */
async function exposed(env: Readonly<Record<string, string>> = {}): Promise<Launched> {
  const bot = await startBot(env);
  expect((await bot.command('activate', 5)).status).toBe(200);
  await expect
    .poll(
      () => {
        venue.price += 1;
        return venue.open.size > 0 && (venue.positions.get('BTC-PERP') ?? 0) > 0;
      },
      { interval: 5, timeout: 5_000 },
    )
    .toBe(true);
  return bot;
}
const flatten = (bot: Launched, deadlineMs = 3_000) => bot.command('settle', 5, { policy: 'flatten', deadlineMs });

describe('the bot', () => {
  it('is healthy in standby and sends nothing', async () => {
    const bot = await startBot();
    expect(await bot.get('/health')).toEqual({ status: 200, body: { status: 'healthy' } });
    expect((await bot.get('/lifecycle')).body).toMatchObject({ phase: 'standby', token: 0 });
    expect(venue.received).toEqual([]);
  });

  it('trades under its token and says on each order who it is', async () => {
    const bot = await exposed();
    for (const [index, order] of venue.received.entries()) {
      expect(order.clientId).toBe(`ait-1-5-${index + 1}`);
      expect(order.origin).toEqual({ release: 1, token: 5, instance: bot.instance });
    }
  });

  it('sends nothing in a dry run', async () => {
    const bot = await startBot({ SYSTEM__DRY_RUN: 'true' });
    await bot.command('activate', 5);
    await expect.poll(() => bot.lines.some((line) => line.startsWith('dry run: would buy'))).toBe(true);
    expect(venue.received).toEqual([]);
  });

  it('sends nothing after a quiesce', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    const before = venue.received.length;
    // Long enough for several ticks of 5 ms: each round trip is one chance for a stray order.
    for (let round = 0; round < 50; round += 1) await bot.get('/health');
    expect(venue.received.length).toBe(before);
  });

  it('is unhealthy, with the reason, where its ticks fail, and healthy again after', async () => {
    const bot = await startBot();
    await bot.command('activate', 5);
    venue.fail('GET', /markets/, { status: 503 }, 1_000_000);
    await expect.poll(async () => (await bot.get('/health')).status).toBe(503);
    expect((await bot.get('/health')).body.reason).toContain('bluefin-service answered 503');
    venue.mend();
    await expect.poll(async () => (await bot.get('/health')).status).toBe(200);
  });
});

describe('flattening', () => {
  it('cancels what rests, closes what is held by orders that only reduce, and reports flat', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    const before = venue.received.length;
    expect((await flatten(bot)).body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
    expect(venue.open.size).toBe(0);
    expect(venue.positions.get('BTC-PERP')).toBe(0);
    const closing = venue.received.slice(before);
    expect(closing.length).toBeGreaterThan(0);
    for (const order of closing) expect(order).toMatchObject({ type: 'market', reduceOnly: true, side: 'sell' });
    expect((await bot.get('/lifecycle')).body).toMatchObject({ phase: 'settled' });
  });

  it('gets there through a venue that fails, refuses and loses cancels on the way', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    venue.fail('GET', /positions/, { status: 500 });
    venue.fail('DELETE', /orders/, 'lost');
    venue.fail('POST', /orders/, { status: 409 });
    expect((await flatten(bot)).body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
    expect(venue.open.size).toBe(0);
  });

  it('closes a position once, where the order that closed it was not answered', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    venue.fail('POST', /orders/, 'unanswered');
    expect((await flatten(bot)).body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
    expect(venue.positions.get('BTC-PERP')).toBe(0);
  });

  it('takes the fill of an order that it was about to cancel into account', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    for (const order of venue.open.values()) venue.fill(order);
    expect((await flatten(bot)).body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
    expect(venue.positions.get('BTC-PERP')).toBe(0);
  });

  it('says unknown, never flat, where the venue cannot be asked', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    venue.fail('GET', /orders|positions|balance/, { status: 500 }, 1_000_000);
    const { body } = await flatten(bot, 150);
    expect(body).toMatchObject({ openOrders: { known: false }, positions: { known: false } });
    expect((await bot.get('/lifecycle')).body).toMatchObject({ phase: 'quiesced' });
  });

  it('does not believe an empty answer that its own book contradicts', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    venue.fail('GET', /orders|positions/, 'empty', 1_000_000);
    const { body } = await bot.get('/lifecycle/exposure');
    expect(body.openOrders).toMatchObject({
      known: false,
      reason: expect.stringContaining('in our book and not shown'),
    });
    expect(body.positions).toMatchObject({ known: false, reason: expect.stringContaining('held by our book') });
  });
});

describe('an order that was not answered', () => {
  it('keeps the number in flight unknown until the venue says what became of it', async () => {
    const bot = await startBot({ MAX_IN_FLIGHT_MS: '600000' });
    venue.fail('POST', /orders/, 'lost');
    await bot.command('activate', 5);
    await expect
      .poll(async () => {
        venue.price += 1;
        return (await bot.get('/lifecycle/exposure')).body.inFlight;
      })
      .toMatchObject({ known: false, reason: expect.stringContaining('was not answered') });
    expect(venue.received).toEqual([]);
  });

  it('is found by its client id where it had landed', async () => {
    const bot = await startBot();
    venue.fail('POST', /orders/, 'unanswered');
    await bot.command('activate', 5);
    await expect.poll(() => bot.lines.find((line) => line.endsWith('had landed'))).toBe('order ait-1-5-1 had landed');
    await expect.poll(async () => (await bot.get('/lifecycle/exposure')).body.inFlight).toMatchObject({ known: true });
  });
});

describe('a handover of the bot', () => {
  it('passes learned state, orders and positions on under transfer', async () => {
    const old = await exposed();
    await old.command('quiesce', 5);
    await old.command('settle', 5, { policy: 'transfer', deadlineMs: 2_000 });
    const checkpoint = (await old.command('checkpoint', 5)).body;
    await old.command('deactivate', 6);
    await old.kill();
    const left = { orders: venue.open.size, positions: 1 };
    const next = await startBot({ BATON_RELEASE: '2', TICK_MS: '60000' });
    const { body } = await next.command('activate', 7, { checkpoint });
    expect(body).toMatchObject({ phase: 'active', token: 7, adopted: left });
    expect(venue.adoptions).toEqual([
      {
        orders: [...venue.open.keys()],
        positions: ['BTC-PERP'],
        origin: { release: 2, token: 7, instance: next.instance },
      },
    ]);
    const { trades, ticks } = checkpoint.state as { trades: number; ticks: number };
    expect(trades).toBeGreaterThan(0);
    const after = (await next.command('checkpoint', 7)).body.state as { trades: number; ticks: number };
    expect(after.trades).toBeGreaterThanOrEqual(trades);
    expect(after.ticks).toBeGreaterThanOrEqual(ticks);
  });

  it('does not begin on a list that is shorter than the venue’s own count', async () => {
    await (await exposed()).kill();
    const bot = await startBot();
    venue.fail('GET', /positions/, 'empty', 1_000_000);
    const { body } = await bot.command('activate', 7);
    expect(body).toMatchObject({
      error: 'activation-failed',
      message: expect.stringContaining('and 0 positions and counts'),
    });
  });

  it('does not begin where it cannot see what it would take over', async () => {
    const bot = await startBot();
    venue.fail('GET', /positions/, { status: 500 });
    expect(await bot.command('activate', 5)).toMatchObject({ status: 500, body: { error: 'activation-failed' } });
    expect((await bot.get('/lifecycle')).body).toMatchObject({ phase: 'standby' });
    expect(venue.received).toEqual([]);
  });

  it('ends with 0 on SIGTERM and leaves the account as it is', async () => {
    const bot = await exposed();
    await bot.command('quiesce', 5);
    const before = venue.received.length;
    expect(await bot.kill('SIGTERM')).toBe(0);
    expect(venue.received.length).toBe(before);
    expect(venue.open.size).toBeGreaterThan(0);
  });
});
