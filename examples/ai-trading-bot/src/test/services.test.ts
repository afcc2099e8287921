import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Launched, launch, spawnService } from './launch.ts';
import { VenueDouble } from './venue-double.ts';

const services = join(import.meta.dirname, '..');
const running: Launched[] = [];
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'example-services-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.kill()));
  await rm(data, { recursive: true });
});

async function start(service: string, env: Readonly<Record<string, string>> = {}): Promise<Launched> {
  const launched = await launch(join(services, service), { BATON_START_AS: 'replica', BATON_SERVICE: service, ...env });
  running.push(launched);
  return launched;
}

describe('the dashboard', () => {
  it('says which release answered', async () => {
    const dashboard = await start('dashboard', { BATON_RELEASE: '4', BATON_SLOT: 'green' });
    expect((await dashboard.get('/api/status')).body).toMatchObject({
      service: 'dashboard',
      release: 4,
      slot: 'green',
      instance: dashboard.instance,
    });
    expect(await (await fetch(`${dashboard.base}/`)).text()).toContain('<code>4</code>');
    expect((await dashboard.get('/elsewhere')).status).toBe(404);
  });

  it('answers a body with its digest and length', async () => {
    const dashboard = await start('dashboard');
    const body = randomBytes(300_000);
    const answer = await fetch(`${dashboard.base}/api/echo`, { method: 'POST', body });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await answer.json()).toEqual({ sha256, length: body.length, release: 1 });
  });

  it('sends the bytes that were asked for, in a pattern that can be checked', async () => {
    const dashboard = await start('dashboard');
    for (const bytes of [0, 1, 251, 1_000_003]) {
      const answer = await fetch(`${dashboard.base}/api/big?bytes=${bytes}`);
      const got = Buffer.from(await answer.arrayBuffer());
      expect(got.equals(Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => index % 251)))).toBe(true);
    }
  });

  it('numbers the ticks of a WebSocket, echoes its messages, and goes away in good order', async () => {
    const dashboard = await start('dashboard');
    const client = new WebSocket(`${dashboard.base.replace('http', 'ws')}/ws`);
    const got: { seq?: number; echo?: string }[] = [];
    client.on('message', (data) => got.push(JSON.parse((data as Buffer).toString()) as { seq?: number }));
    await new Promise((resolve) => client.once('open', resolve));
    client.send('hello');
    await expect.poll(() => got.filter(({ seq }) => seq !== undefined).length).toBeGreaterThanOrEqual(3);
    expect(got.flatMap(({ seq }) => seq ?? []).slice(0, 3)).toEqual([1, 2, 3]);
    expect(got).toContainEqual({ echo: 'hello' });
    const closed = new Promise((resolve) => client.once('close', resolve));
    const code = dashboard.kill('SIGTERM');
    expect(await closed).toBe(1001);
    expect(await code).toBe(0);
  });

  it('numbers the events of a stream from 1', async () => {
    const dashboard = await start('dashboard');
    const abort = new AbortController();
    const answer = await fetch(`${dashboard.base}/events`, { signal: abort.signal });
    let text = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      if (text.includes('id: 3\n')) break;
    }
    abort.abort();
    expect([...text.matchAll(/^id: (\d+)$/gm)].slice(0, 3).map(([, id]) => id)).toEqual(['1', '2', '3']);
  });

  it('finishes the request that it is serving when it is told to end', async () => {
    const dashboard = await start('dashboard');
    const slow = fetch(`${dashboard.base}/api/slow?ms=300`);
    await expect
      .poll(async () => (await fetch(`${dashboard.base}/metrics`)).text())
      .toContain('dashboard_requests_total 1');
    const code = dashboard.kill('SIGTERM');
    expect(await (await slow).json()).toMatchObject({ ms: 300, release: 1 });
    expect(await code).toBe(0);
  });

  it('shows null for a neighbour that does not answer', async () => {
    const dashboard = await start('dashboard', {
      BATON_PEER_BLUEFIN_SERVICE: 'http://127.0.0.1:1',
      BATON_PEER_MCP_MEMORY: 'http://127.0.0.1:1',
    });
    expect((await dashboard.get('/api/overview')).body).toMatchObject({ market: null, memory: null });
  });
});

describe('bluefin-service', () => {
  let venue: VenueDouble;
  let address: string;
  beforeEach(async () => {
    venue = new VenueDouble();
    address = await venue.listen();
  });
  afterEach(() => venue.close());

  const quote = (service: Launched) => service.get('/markets/BTC-PERP');

  it('gives out the venue’s newest quote', async () => {
    const service = await start('bluefin-service', { VENUE_URL: address, MARKET_POLL_MS: '10' });
    await expect.poll(async () => (await quote(service)).body).toMatchObject({ bid: 1000, ask: 1001 });
    venue.price = 2_000;
    await expect.poll(async () => (await quote(service)).body).toMatchObject({ bid: 2000 });
    expect((await service.get('/markets/NONE')).status).toBe(503);
  });

  it('gives out no quote that has grown old, and stays healthy itself', async () => {
    const service = await start('bluefin-service', {
      VENUE_URL: address,
      MARKET_POLL_MS: '10',
      MARKET_MAX_AGE_MS: '50',
    });
    await expect.poll(async () => (await quote(service)).status).toBe(200);
    venue.fail('GET', /markets/, { status: 500 }, 1_000_000);
    await expect
      .poll(async () => (await quote(service)).body.message)
      .toMatch(/ms old: the venue cannot be read: it answered 500/);
    expect((await service.get('/health')).status).toBe(200);
    expect((await service.get('/health/detailed')).body.checks).toMatchObject({ venue: { ok: false } });
  });

  it('relays an order once, with the venue’s own answer', async () => {
    const service = await start('bluefin-service', { VENUE_URL: address });
    const order = { clientId: 'ait-1', symbol: 'BTC-PERP', side: 'buy', type: 'market', quantity: 2 };
    const send = () => fetch(`${service.base}/v1/accounts/a/orders`, { method: 'POST', body: JSON.stringify(order) });
    const answer = await send();
    expect(await answer.json()).toMatchObject({ clientId: 'ait-1', filled: 2 });
    venue.fail('POST', /orders/, { status: 409 });
    expect((await send()).status).toBe(409);
    expect(venue.received.length).toBe(1);
  });

  it('answers 504, no refusal, where the venue broke off: the order may have landed', async () => {
    const service = await start('bluefin-service', { VENUE_URL: address });
    venue.fail('POST', /orders/, 'unanswered');
    const order = { clientId: 'ait-1', symbol: 'BTC-PERP', side: 'buy', type: 'market', quantity: 2 };
    const answer = await fetch(`${service.base}/v1/accounts/a/orders`, { method: 'POST', body: JSON.stringify(order) });
    expect(answer.status).toBe(504);
    expect(venue.received.length).toBe(1);
  });
});

describe('mcp-memory', () => {
  const store = (memory: Launched, content: unknown) =>
    fetch(`${memory.base}/memories`, { method: 'POST', body: JSON.stringify(content) });

  it('keeps what it answered for through a kill', async () => {
    const memory = await start('mcp-memory', { BATON_DATA_DIR: data });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => store(memory, { index })));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    await memory.kill('SIGKILL');
    const again = await start('mcp-memory', { BATON_DATA_DIR: data });
    const { body } = await again.get('/memories?limit=100');
    expect(body.count).toBe(50);
    const kept = (body.memories as { id: number; content: { index: number } }[]).map(({ content }) => content.index);
    expect(kept.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('cuts off a last line that a crash tore, and goes on after the whole ones', async () => {
    await writeFile(join(data, 'memories.jsonl'), '{"id":1,"content":{"a":1}}\n');
    await appendFile(join(data, 'memories.jsonl'), '{"id":2,"con');
    const memory = await start('mcp-memory', { BATON_DATA_DIR: data });
    expect(await (await store(memory, { b: 2 })).json()).toEqual({ id: 2 });
    expect(await readFile(join(data, 'memories.jsonl'), 'utf8')).toBe(
      '{"id":1,"content":{"a":1}}\n{"id":2,"content":{"b":2}}\n',
    );
  });

  it('does not start on a broken line in the middle: what follows it would be forgotten', async () => {
    await writeFile(join(data, 'memories.jsonl'), 'broken\n{"id":2,"content":{}}\n');
    const child = spawnService(join(services, 'mcp-memory'), { BATON_DATA_DIR: data });
    let said = '';
    child.stderr?.on('data', (part: Buffer) => {
      said += part.toString();
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).not.toBe(0);
    expect(said).toContain('memories.jsonl, line 1 is broken');
  });

  it('refuses what is no JSON object or too large', async () => {
    const memory = await start('mcp-memory', { BATON_DATA_DIR: data });
    expect((await store(memory, [1])).status).toBe(400);
    expect((await store(memory, { text: 'x'.repeat(70_000) })).status).toBe(400);
  });
});
