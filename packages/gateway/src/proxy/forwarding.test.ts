import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ask,
  Cleanup,
  eventually,
  freePort,
  named,
  RawClient,
  startBackend,
  startTestGateway,
  type TestGateway,
  webConfig,
} from '../testing/harness.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const serve = async (
  listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  options: Parameters<typeof startTestGateway>[1] = {},
): Promise<TestGateway & { readonly port: number; readonly url: string }> => {
  const backend = await startBackend(cleanup, listener);
  return await routeTo([backend.address], options);
};

const routeTo = async (
  members: readonly string[],
  options: Parameters<typeof startTestGateway>[1] = {},
): Promise<TestGateway & { readonly port: number; readonly url: string }> => {
  const started = await startTestGateway(cleanup, options);
  const port = await freePort();
  await started.client.apply(webConfig(port, { 'web@blue': members }, 'web@blue'));
  return { ...started, port, url: `http://127.0.0.1:${port}` };
};

const hashOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
};

describe('forwarding', () => {
  it('passes method, path, query, body and host on, and says who asked', async () => {
    const { url, port } = await serve(named('web'));
    const reply = await ask(`${url}/a/b?c=d%20e`, { method: 'POST', body: 'hello' });
    const seen = JSON.parse(reply.body);
    expect(seen).toMatchObject({ method: 'POST', url: '/a/b?c=d%20e', body: 'hello' });
    expect(seen.headers).toMatchObject({
      host: `127.0.0.1:${port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${port}`,
    });
  });

  it('believes a trusted proxy about the client and appends to what it said', async () => {
    const { url } = await serve(named('web'));
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
    };
    expect(JSON.parse((await ask(url, { headers })).body).headers).toMatchObject({
      ...headers,
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    });
  });

  it('believes nobody else', async () => {
    const { url, port } = await serve(named('web'), { trustedProxies: ['10.0.0.0/8'] });
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
    };
    expect(JSON.parse((await ask(url, { headers })).body).headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${port}`,
    });
  });

  it('removes headers of the connection in both directions, those that Connection lists too', async () => {
    const answer = named('web');
    const { port } = await serve((incoming, outgoing) => {
      outgoing.setHeader('Connection', 'x-secret, close');
      outgoing.setHeader('X-Secret', 'b');
      outgoing.setHeader('Proxy-Authenticate', 'x');
      outgoing.setHeader('X-Kept', 'c');
      answer(incoming, outgoing);
    });
    const raw = new RawClient(port).write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop, Cookie\r\nX-Hop: 1\r\nCookie: 2\r\nKeep-Alive: 3\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: x\r\n\r\n',
    );
    const text = await raw.untilEnded();
    const [head = '', body = ''] = text.split('\r\n\r\n');
    const seen = JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)).headers;
    expect(seen).toMatchObject({ cookie: '2', te: 'trailers', connection: 'keep-alive' });
    for (const gone of ['x-hop', 'keep-alive', 'upgrade', 'proxy-connection']) expect(seen).not.toHaveProperty(gone);
    expect(head.toLowerCase()).not.toContain('x-secret');
    expect(head.toLowerCase()).not.toContain('proxy-authenticate');
    expect(head.toLowerCase()).toContain('x-kept: c');
  });

  it('keeps several headers of one name apart', async () => {
    const { url } = await serve((_incoming, outgoing) => {
      outgoing.setHeader('set-cookie', ['a=1', 'b=2']);
      outgoing.end();
    });
    expect((await ask(url)).headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it.each([204, 304])('answers %d without a body and goes on with the connection', async (status) => {
    const { port } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(status, { etag: '"x"' });
      outgoing.end();
    });
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await raw.until((client) => client.received.includes('\r\n\r\n'));
    raw.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const text = await raw.untilEnded();
    expect(text.match(new RegExp(`HTTP/1.1 ${status} `, 'g'))).toHaveLength(2);
  });

  it('answers HEAD with the length and no body', async () => {
    const { port } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '1234' });
      outgoing.end();
    });
    const text = await new RawClient(port)
      .write('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      .untilEnded();
    expect(text.toLowerCase()).toContain('content-length: 1234');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('answers a client of HTTP/1.0 without chunks', async () => {
    const { port } = await serve((_incoming, outgoing) => {
      outgoing.write('one ');
      outgoing.end('two');
    });
    const text = await new RawClient(port).write('GET / HTTP/1.0\r\n\r\n').untilEnded();
    expect(text.endsWith('\r\n\r\none two')).toBe(true);
  });

  it('passes trailers and early hints on', async () => {
    const { url } = await serve((_incoming, outgoing) => {
      outgoing.writeEarlyHints({ link: '</a.css>; rel=preload' });
      outgoing.writeHead(200, { trailer: 'x-sum' });
      outgoing.write('body');
      outgoing.addTrailers({ 'x-sum': '42' });
      outgoing.end();
    });
    const outgoing = request(url, { agent: false });
    const hint = new Promise<string | string[] | undefined>((resolve) =>
      outgoing.on('information', (info) => resolve(info.headers.link)),
    );
    const response = await new Promise<IncomingMessage>((resolve) => {
      outgoing.on('response', resolve);
      outgoing.end();
    });
    await hashOf(response);
    expect(await hint).toBe('</a.css>; rel=preload');
    expect(response.trailers).toEqual({ 'x-sum': '42' });
  });

  it('sends the head before the body comes, and each event as it comes', async () => {
    let emit: ((text: string) => void) | undefined;
    const { port, client } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.flushHeaders();
      emit = (text) => outgoing.write(text);
    });
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await raw.until((c) => c.received.includes('\r\n\r\n'));
    emit?.('data: 1\n\n');
    await raw.until((c) => c.received.includes('data: 1'));
    const seen = await client.observe('shop/local');
    expect(seen.known && seen.value.activity).toEqual([{ pool: 'web@blue', inFlight: 0, streams: 1 }]);
    raw.socket.destroy();
    await eventually(async () => {
      const after = await client.observe('shop/local');
      return after.known && after.value.activity.length === 0;
    });
  });

  it('streams large bodies both ways at once, chunked and with a length, unchanged', async () => {
    const { url } = await serve((incoming, outgoing) => incoming.pipe(outgoing));
    const bytes = randomBytes(24 * 1024 * 1024);
    const sent = createHash('sha256').update(bytes).digest('hex');
    for (const headers of [{}, { 'content-length': String(bytes.length) }]) {
      const outgoing = request(url, { method: 'POST', headers, agent: false });
      const received = new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve)).then(hashOf);
      for (let at = 0; at < bytes.length; at += 1_000_000) {
        if (outgoing.write(bytes.subarray(at, at + 1_000_000))) continue;
        await new Promise((resolve) => outgoing.once('drain', resolve));
      }
      outgoing.end();
      expect(await received).toBe(sent);
    }
  });

  it('reads no faster than the slower side', async () => {
    const member = createNetServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.pause());
    });
    await new Promise<void>((resolve) => member.listen(0, '127.0.0.1', resolve));
    cleanup.add(() => member.close());
    const { port } = await routeTo([`127.0.0.1:${(member.address() as AddressInfo).port}`]);
    const raw = new RawClient(port).write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n');
    let blocked = false;
    const chunk = Buffer.alloc(1_000_000);
    for (let i = 0; i < 200 && !blocked; i++) {
      if (raw.socket.write(chunk)) continue;
      blocked = await Promise.race([
        new Promise<false>((resolve) => raw.socket.once('drain', () => resolve(false))),
        new Promise<true>((resolve) => setTimeout(() => resolve(true), 300)),
      ]);
    }
    raw.socket.destroy();
    expect(blocked).toBe(true);
  });

  it('asks for a body that waits for 100-continue only when a member wants it', async () => {
    const { port } = await serve(named('web'));
    const raw = new RawClient(port).write(
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n',
    );
    await raw.until((client) => client.received.includes('HTTP/1.1 100 '));
    expect(raw.received).not.toContain('200');
    raw.write('hello');
    expect(await raw.untilEnded()).toContain('"body":"hello"');
  });

  it('tells the member when the client goes away', async () => {
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    let asked = false;
    const { port, client } = await serve((_incoming, outgoing) => {
      asked = true;
      outgoing.on('close', () => left?.());
    });
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => asked);
    raw.socket.destroy();
    await gone;
    await eventually(async () =>
      (await client.metrics()).includes('failures_total{scope="shop/local",service="web",fault="client"} 1'),
    );
  });

  it('does not hide that an answer broke off', async () => {
    const { port, client } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('half');
      setTimeout(() => outgoing.destroy(), 20);
    });
    const raw = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await raw.untilEnded()).toContain('half');
    expect(await client.metrics()).toContain('service="web",fault="application"} 1');
  });

  it('lets an early answer to a long upload through', async () => {
    const { port } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(413);
      outgoing.end('too large');
    });
    const raw = new RawClient(port).write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n');
    raw.write(Buffer.alloc(1_000_000));
    await raw.until((client) => client.received.includes('too large'));
    raw.socket.destroy();
  });

  it('cuts the prefix of a peer route, which is apart for each scope', async () => {
    const { client } = await serve(named('web'));
    const seen = await client.observe('shop/local');
    const base = seen.known ? seen.value.peerBase : '';
    expect(JSON.parse((await ask(`${base}/bot/web/x?y`)).body).url).toBe('/x?y');
    expect(JSON.parse((await ask(`${base}/bot/web`)).body).url).toBe('/');
    expect((await ask(`${base}/bot/webby`)).status).toBe(404);
  });
});

describe('a member that fails', () => {
  it('is passed over where it refuses the connection, with a body too', async () => {
    const backend = await startBackend(cleanup, named('web'));
    const { url } = await routeTo([`127.0.0.1:${await freePort()}`, backend.address]);
    const body = 'x'.repeat(100_000);
    for (let i = 0; i < 6; i++) {
      const reply = await ask(url, { method: 'POST', body });
      expect([reply.status, JSON.parse(reply.body).body.length]).toEqual([200, body.length]);
    }
  });

  it('shares the load with the others by what they carry', async () => {
    const seen: string[] = [];
    const count = (name: string) => (incoming: IncomingMessage, outgoing: ServerResponse) => {
      seen.push(name);
      named(name)(incoming, outgoing);
    };
    const backends = [await startBackend(cleanup, count('a')), await startBackend(cleanup, count('b'))];
    const { url } = await routeTo(backends.map((backend) => backend.address));
    for (let i = 0; i < 10; i++) await ask(url);
    expect(seen.filter((name) => name === 'a')).toHaveLength(5);
  });

  it('gives 503 with Retry-After where nobody accepts a connection', async () => {
    const { url } = await routeTo([`127.0.0.1:${await freePort()}`], { unavailableWaitMs: 50 });
    const reply = await ask(url);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
  });

  it('is found again where it comes back within the wait', async () => {
    const memberPort = await freePort();
    const { url } = await routeTo([`127.0.0.1:${memberPort}`], { unavailableWaitMs: 5_000 });
    const reply = ask(url, { method: 'POST', body: 'once' });
    const backend = await startBackend(cleanup, named('late'), memberPort);
    expect(JSON.parse((await reply).body)).toMatchObject({ name: 'late', body: 'once' });
    await backend.close();
  });

  it('gets a GET again on another connection but never a POST that may have arrived', async () => {
    const seen: string[] = [];
    const { url, client } = await serve((incoming, outgoing) => {
      seen.push(incoming.method ?? '');
      incoming.resume();
      if (incoming.method === 'GET' && seen.length > 1) outgoing.end('second');
      else incoming.socket.destroy();
    });
    expect((await ask(url)).body).toBe('second');
    expect((await ask(url, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(seen).toEqual(['GET', 'GET', 'POST']);
    expect(await client.metrics()).toContain('service="web",fault="application"} 1');
  });

  it('loses no POST where it closes idle connections at will', async () => {
    // Closes each connection a moment after its answer without having said so.
    const open = new Set<Socket>();
    const { url, client } = await serve((incoming, outgoing) => {
      const { socket } = incoming;
      open.add(socket);
      outgoing.setHeader('connection', 'keep-alive');
      outgoing.removeHeader('keep-alive');
      named('web')(incoming, outgoing);
      outgoing.on('finish', () => setTimeout(() => socket.destroy(), 150 + Math.round(open.size % 7)));
    });
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        const all: number[] = [];
        for (let i = 0; i < 12; i++) {
          await new Promise((resolve) => setTimeout(resolve, 145 + ((i + lane) % 12)));
          all.push((await ask(url, { method: 'POST', body: 'x' })).status);
        }
        return all;
      }),
    );
    expect(statuses.flat().filter((status) => status !== 200)).toEqual([]);
    expect(await client.metrics()).toContain('service="web",fault="application"} 0');
  });
});
