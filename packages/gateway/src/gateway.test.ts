import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startGateway } from './gateway.ts';
import {
  ask,
  BOUNDS,
  Cleanup,
  eventually,
  freePort,
  named,
  RawClient,
  SCOPE,
  startBackend,
  startTestGateway,
  webConfig,
} from './testing/harness.ts';
import { echoWebSockets, openWebSocket } from './testing/websocket-backend.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const twoColours = async (options: Parameters<typeof startTestGateway>[1] = {}) => {
  const blue = await startBackend(cleanup, named('blue'));
  const green = await startBackend(cleanup, named('green'));
  const started = await startTestGateway(cleanup, options);
  const port = await freePort();
  const pools = { 'web@blue': [blue.address], 'web@green': [green.address] };
  const config = (live: string, epoch = 1) => webConfig(port, pools, live, epoch);
  await started.client.apply(config('web@blue'));
  return { ...started, blue, green, port, pools, config, url: `http://127.0.0.1:${port}` };
};

const nameOf = (body: string): string => JSON.parse(body).name;

/** Sends requests without pause on kept connections until `done`; answers what failed. */
const load = async (url: string, lanes: number, done: () => boolean) => {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const failures: string[] = [];
  let sent = 0;
  const once = (i: number): Promise<void> =>
    new Promise((resolve) => {
      const fail = (what: string): void => {
        failures.push(what);
        resolve();
      };
      const body = i % 3 === 0 ? `body-${i}` : undefined;
      const outgoing = request(url, { agent, method: body === undefined ? 'GET' : 'POST' });
      outgoing.on('error', (error) => fail(error.message));
      outgoing.on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', (error) => fail(error.message));
        response.on('end', () => {
          if (response.statusCode !== 200) fail(`${response.statusCode} ${text}`);
          else if (JSON.parse(text).body !== (body ?? '')) fail('wrong answer');
          else resolve();
        });
      });
      outgoing.end(body);
    });
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (!done()) await once(sent++);
    }),
  );
  agent.destroy();
  return { sent, failures };
};

describe('a switch', () => {
  it('moves every route in one step and keeps the old pool until it has drained', async () => {
    const { client, url, config } = await twoColours();
    expect(nameOf((await ask(url)).body)).toBe('blue');
    await client.apply(config('web@green'));
    expect(nameOf((await ask(url)).body)).toBe('green');
    expect(await client.drain(SCOPE, 1, 'web@blue', 1_000, 'drained')).toEqual({ cut: 0 });
  });

  it('fails no request under load, twenty times with a hold and twenty without', async () => {
    const { client, url, config } = await twoColours();
    let switching = true;
    const running = load(url, 16, () => !switching);
    for (let i = 0; i < 40; i++) {
      const next = config(i % 2 === 0 ? 'web@green' : 'web@blue');
      if (i < 20) {
        const { inFlight } = await client.hold(SCOPE, 1, ['web'], BOUNDS, 2_000);
        expect(inFlight).toBe(0);
        await client.release(SCOPE, 1, ['web'], next);
      } else {
        await client.apply(next);
      }
      await client.drain(SCOPE, 1, i % 2 === 0 ? 'web@blue' : 'web@green', 2_000, 'drained');
    }
    switching = false;
    const { sent, failures } = await running;
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(200);
    expect(await client.metrics()).toContain('service="web",fault="gateway"} 0');
  });

  it('holds while nobody listens and the address changes, with bodies waiting in their sockets', async () => {
    const { client, url, blue, port } = await twoColours();
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 1_000);
    const held = Array.from({ length: 20 }, () => ask(url, { method: 'POST', body: 'x'.repeat(300_000) }));
    await blue.close();
    await eventually(async () => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === 20;
    });
    const fresh = await startBackend(cleanup, named('fresh'));
    const { released, maxHeldMs } = await client.release(
      SCOPE,
      1,
      ['web'],
      webConfig(port, { 'web@green': [fresh.address] }, 'web@green'),
    );
    expect(released).toBe(20);
    expect(maxHeldMs).toBeGreaterThan(0);
    for (const reply of await Promise.all(held)) {
      expect([reply.status, nameOf(reply.body), JSON.parse(reply.body).body.length]).toEqual([200, 'fresh', 300_000]);
    }
  });

  it('holds peers too, and leaves other services and scopes alone', async () => {
    const { client, url, config } = await twoColours();
    const seen = await client.observe(SCOPE);
    const base = seen.known ? seen.value.peerBase : '';
    await client.hold(SCOPE, 1, ['other'], BOUNDS, 0);
    expect((await ask(`${base}/bot/web/`)).status).toBe(200);
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    const peer = ask(`${base}/bot/web/x`);
    const outer = ask(url);
    await eventually(async () => {
      const now = await client.observe(SCOPE);
      return now.known && now.value.held.web === 2;
    });
    await client.release(SCOPE, 1, ['web'], config('web@green'));
    expect([nameOf((await peer).body), nameOf((await outer).body)]).toEqual(['green', 'green']);
  });
});

describe('a hold of the gateway', () => {
  it('waits for requests in flight and says how many outlast its wait', async () => {
    let finish: (() => void) | undefined;
    const backend = await startBackend(cleanup, (_incoming, outgoing) => {
      finish = () => outgoing.end('done');
    });
    const { client } = await startTestGateway(cleanup);
    const port = await freePort();
    await client.apply(webConfig(port, { 'web@blue': [backend.address] }, 'web@blue'));
    const slow = ask(`http://127.0.0.1:${port}/`);
    await eventually(() => finish !== undefined);
    expect(await client.hold(SCOPE, 1, ['web'], BOUNDS, 10)).toEqual({ inFlight: 1 });
    const holding = client.hold(SCOPE, 1, ['web'], BOUNDS, 5_000);
    finish?.();
    expect(await holding).toEqual({ inFlight: 0 });
    expect((await slow).body).toBe('done');
  });

  it('gives 503 with Retry-After past its bounds and ends by itself', async () => {
    const { client, url } = await twoColours();
    await client.hold(SCOPE, 1, ['web'], { maxMs: 150, maxRequests: 1, maxBytes: 1_000_000 }, 0);
    const first = ask(url);
    await eventually(async () => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === 1;
    });
    const second = await ask(url);
    expect([second.status, second.headers['retry-after']]).toEqual([503, '1']);
    expect((await first).status).toBe(200);
  });

  it('drops a request whose client goes away', async () => {
    const { client, port } = await twoColours();
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const waiting = async (n: number) => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === n;
    };
    await eventually(() => waiting(1));
    raw.socket.destroy();
    await eventually(() => waiting(0));
    expect(await client.release(SCOPE, 1, ['web'])).toMatchObject({ released: 0 });
  });
});

describe('a drain', () => {
  it('waits for what is in flight, then cuts at its deadline', async () => {
    const stuck = await startBackend(cleanup, (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '10' });
      outgoing.write('x');
    });
    const green = await startBackend(cleanup, named('green'));
    const { client } = await startTestGateway(cleanup);
    const port = await freePort();
    const pools = { 'web@blue': [stuck.address], 'web@green': [green.address] };
    await client.apply(webConfig(port, pools, 'web@blue'));
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await raw.until((c) => c.received.includes('\r\n\r\nx'));
    await client.apply(webConfig(port, pools, 'web@green'));
    expect(await client.drain(SCOPE, 1, 'web@blue', 100, 'drained')).toEqual({ cut: 1 });
    await raw.untilEnded();
  });

  it('leaves WebSockets and event streams until they end or the deadline comes, then closes both sides', async () => {
    const blue = await startBackend(cleanup, (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: 1\n\n');
    });
    const green = await startBackend(cleanup, named('green'));
    const echo = echoWebSockets(blue, 'blue');
    const { client } = await startTestGateway(cleanup);
    const port = await freePort();
    const pools = { 'web@blue': [blue.address], 'web@green': [green.address] };
    await client.apply(webConfig(port, pools, 'web@blue'));
    const { socket, messages, closed } = await openWebSocket(`ws://127.0.0.1:${port}/ws`);
    const events = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await events.until((c) => c.received.includes('data: 1'));
    await client.apply(webConfig(port, pools, 'web@green'));
    socket.send('still here');
    await eventually(() => messages.includes('blue:still here'));
    expect(await client.drain(SCOPE, 1, 'web@blue', 150, 'drained')).toEqual({ cut: 2 });
    expect((await closed).code).toBe(1012);
    expect(await events.untilEnded()).toMatch(/0\r\n\r\n$/);
    await eventually(() => echo.closeCodes.length === 1);
    expect(echo.closeCodes).toEqual([1012]);
    expect(await client.metrics()).toContain('cut_total{scope="shop/local",service="web",reason="drained"} 2');
  });

  it('cuts at once where a singleton was replaced, and counts that apart', async () => {
    const { client, blue, port, config } = await twoColours();
    echoWebSockets(blue, 'blue');
    const { closed } = await openWebSocket(`ws://127.0.0.1:${port}/`);
    await client.apply(config('web@green'));
    expect(await client.drain(SCOPE, 1, 'web@blue', 60_000, 'singleton-replaced')).toEqual({ cut: 1 });
    expect((await closed).code).toBe(1012);
    expect(await client.metrics()).toContain('reason="singleton-replaced"} 1');
  });

  it('cuts nothing of a pool that is routed, but what its former members carry', async () => {
    const { client, blue, green, port } = await twoColours();
    echoWebSockets(blue, 'blue');
    const { socket, messages, closed } = await openWebSocket(`ws://127.0.0.1:${port}/`);
    expect(await client.drain(SCOPE, 1, 'web@blue', 0, 'drained')).toEqual({ cut: 0 });
    socket.send('a');
    await eventually(() => messages.includes('blue:a'));
    await client.apply(webConfig(port, { 'web@blue': [green.address] }, 'web@blue'));
    expect(await client.drain(SCOPE, 1, 'web@blue', 0, 'drained')).toEqual({ cut: 1 });
    expect((await closed).code).toBe(1012);
  });
});

describe('a WebSocket', () => {
  it('passes both ways, waits while its service is held, and ends when one side ends it', async () => {
    const { client, blue, green, port, config } = await twoColours();
    echoWebSockets(blue, 'blue');
    const echo = echoWebSockets(green, 'green');
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    const opening = openWebSocket(`ws://127.0.0.1:${port}/`);
    await eventually(async () => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === 1;
    });
    await client.release(SCOPE, 1, ['web'], config('web@green'));
    const { socket, messages, closed } = await opening;
    socket.send('hi');
    await eventually(() => messages.includes('green:hi'));
    socket.close(1000);
    expect((await closed).code).toBe(1000);
    await eventually(() => echo.sockets.size === 0);
    expect(await client.metrics()).toContain('fault="application"} 0');
  });

  it('closes with 1014 where its instance dies, with 1012 where that was being replaced', async () => {
    const { client, blue, port } = await twoColours();
    const echo = echoWebSockets(blue, 'blue');
    const first = await openWebSocket(`ws://127.0.0.1:${port}/`);
    for (const socket of echo.sockets) socket.destroy();
    expect((await first.closed).code).toBe(1014);
    const second = await openWebSocket(`ws://127.0.0.1:${port}/`);
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    for (const socket of echo.sockets) socket.destroy();
    expect((await second.closed).code).toBe(1012);
  });

  it('gets the answer of a member that declines, on a connection that then ends', async () => {
    const { port } = await twoColours();
    const raw = new RawClient(port).write(
      'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const text = await raw.untilEnded();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('"url":"/x"');
  });
});

describe('control', () => {
  it('refuses an epoch lower than one it has seen, after a restart too', async () => {
    const stateDir = cleanup.folder();
    const { client, gateway, config } = await twoColours({ stateDir });
    await client.hold(SCOPE, 7, ['web'], BOUNDS, 0);
    await expect(client.apply(config('web@green', 6))).rejects.toMatchObject({ code: 'epoch-stale' });
    await gateway.stop();
    const again = await startTestGateway(cleanup, { stateDir });
    await expect(again.client.apply(config('web@green', 6))).rejects.toMatchObject({ code: 'epoch-stale' });
    await again.client.apply(config('web@green', 7));
  });

  it('keeps scopes apart on one address, refuses a route that another has, and removes one whole', async () => {
    const { client, port, url, blue } = await twoColours();
    const other = { ...webConfig(port, { 'web@blue': [blue.address] }, 'web@blue'), scope: 'other/local' };
    await expect(client.apply(other)).rejects.toMatchObject({ code: 'route-taken' });
    await client.apply({ ...other, routes: other.routes.map((route) => ({ ...route, path: '/other' })) });
    await client.remove(SCOPE, 1);
    expect((await ask(url)).status).toBe(404);
    expect((await ask(`${url}/other`)).status).toBe(200);
    await client.remove('other/local', 1);
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('changes nothing where an address cannot be listened on', async () => {
    const { client, url, config } = await twoColours();
    const taken = createNetServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    cleanup.add(() => taken.close());
    const listen = `127.0.0.1:${(taken.address() as { port: number }).port}`;
    const green = config('web@green');
    const bad = {
      ...green,
      routes: [...green.routes, { id: 'x', listen, path: '/', pool: 'web@green', service: 'web' }],
    };
    await expect(client.apply(bad)).rejects.toMatchObject({ code: 'listen-failed' });
    expect(nameOf((await ask(url)).body)).toBe('blue');
  });

  it('opens its socket and its files to their owner only', async () => {
    const { gateway, stateDir } = await twoColours();
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect([mode(stateDir), mode(gateway.socketPath), mode(join(stateDir, 'gateway.json'))]).toEqual([
      0o700, 0o600, 0o600,
    ]);
  });

  it('is unknown, not empty, where no gateway answers', async () => {
    const { client, gateway } = await twoColours();
    await gateway.stop();
    expect(await client.observe(SCOPE)).toMatchObject({ known: false });
    await expect(client.remove(SCOPE, 1)).rejects.toMatchObject({ code: 'gateway-unreachable' });
  });
});

describe('state', () => {
  it('is in force again after a restart: routes, the peer port and a hold for the rest of its time', async () => {
    const stateDir = cleanup.folder();
    const { client, gateway, url, config } = await twoColours({ stateDir });
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    await gateway.stop();
    const again = await startTestGateway(cleanup, { stateDir });
    expect(again.gateway.peerPort).toBe(gateway.peerPort);
    const held = ask(url);
    await eventually(async () => {
      const seen = await again.client.observe(SCOPE);
      return seen.known && seen.value.held.web === 1;
    });
    await again.client.release(SCOPE, 1, ['web'], config('web@green'));
    expect(nameOf((await held).body)).toBe('green');
  });

  it.each([
    '',
    '{"version":1,"peerPort":8',
    '{"version":9}',
    '{"version":1,"peerPort":80,"configs":[{}],"epochs":{}}',
    'null',
  ])('that is torn stops the start with one clear line: %s', async (text) => {
    const stateDir = cleanup.folder();
    writeFileSync(join(stateDir, 'gateway.json'), text);
    await expect(startGateway({ stateDir })).rejects.toMatchObject({ code: 'gateway-state-corrupt' });
    expect(readFileSync(join(stateDir, 'gateway.json'), 'utf8')).toBe(text);
  });

  it('half written beside the old one changes nothing', async () => {
    const stateDir = cleanup.folder();
    const { gateway, url } = await twoColours({ stateDir });
    await gateway.stop();
    writeFileSync(join(stateDir, 'gateway.json.new'), '{"version":1,"peer');
    writeFileSync(join(stateDir, 'gateway-moment.json'), '{"vers');
    await startTestGateway(cleanup, { stateDir });
    expect((await ask(url)).status).toBe(200);
  });

  it('belongs to one gateway at a time', async () => {
    const { stateDir } = await twoColours();
    await expect(startGateway({ stateDir })).rejects.toMatchObject({ code: 'gateway-running' });
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be written changes nothing', async () => {
    const { client, stateDir, url, config } = await twoColours();
    chmodSync(stateDir, 0o500);
    await expect(client.apply(config('web@green'))).rejects.toMatchObject({ code: 'gateway-state-unwritable' });
    chmodSync(stateDir, 0o700);
    expect(nameOf((await ask(url)).body)).toBe('blue');
  });
});

describe('the access log', () => {
  it('has a line for each request and keeps within its size', async () => {
    const folder = cleanup.folder();
    const file = join(folder, 'access.log');
    const { gateway, url } = await twoColours({ accessLog: { file, maxBytes: 2_000 } });
    for (let i = 0; i < 20; i++) await ask(`${url}/${i}`);
    await gateway.stop();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ method: 'GET', url: '/19', status: 200, pool: 'web@blue' });
    expect(statSync(file).size).toBeLessThan(8_000);
  });
});
