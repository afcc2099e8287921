import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup, freePort, named, RawClient, startBackend, startTestGateway, webConfig } from '../testing/harness.ts';

describe('a request that two servers could read differently', () => {
  const cleanup = new Cleanup();
  let port = 0;
  let reached = 0;

  beforeAll(async () => {
    const answer = named('web');
    const backend = await startBackend(cleanup, (incoming, outgoing) => {
      reached++;
      answer(incoming, outgoing);
    });
    const { client } = await startTestGateway(cleanup);
    port = await freePort();
    await client.apply(webConfig(port, { 'web@blue': [backend.address] }, 'web@blue'));
  });
  afterAll(() => cleanup.run());

  const HOST = 'Host: shop\r\n';
  it.each([
    ['both lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [
      'both lengths, reversed',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['two different lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['two equal lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['a list of lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5, 5\r\n\r\nhello`],
    ['a signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello`],
    ['a negative length', `POST / HTTP/1.1\r\n${HOST}Content-Length: -5\r\n\r\nhello`],
    ['a length in hexadecimal', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x5\r\n\r\nhello`],
    ['a space before the colon', `POST / HTTP/1.1\r\n${HOST}Content-Length : 5\r\n\r\nhello`],
    ['a folded header', `POST / HTTP/1.1\r\n${HOST}X-Fold: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ['a coding beside chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['an unknown coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    [
      'chunked twice',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a hidden coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`],
    ['a bare line feed after a header', `GET / HTTP/1.1\n${HOST}\n`],
    ['a bare carriage return', `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`],
    ['a null byte in a header', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', `GET / HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`],
    ['the absolute form', `GET http://other/ HTTP/1.1\r\n${HOST}\r\n`],
    ['the asterisk form', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
    ['an unknown version', `GET / HTTP/1.3\r\n${HOST}\r\n`],
    ['a header without a colon', `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`],
  ])('is refused with 400 and its connection closed: %s', async (_what, bytes) => {
    const before = reached;
    const answer = await new RawClient(port).write(bytes).untilEnded();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(reached).toBe(before);
  });

  it.each([
    ['a size that is no number', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['data longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['a size ended by a bare line feed', '5\nhello\r\n0\r\n\r\n'],
    ['data ended by a bare line feed', '5\r\nhello\n0\r\n\r\n'],
    ['a size too large to be one', `${'f'.repeat(20)}\r\nhello\r\n0\r\n\r\n`],
  ])('never passes a malformed chunk on: %s', async (_what, chunks) => {
    const raw = new RawClient(port).write(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks}`);
    const answer = await raw.untilEnded();
    expect(answer).not.toMatch(/HTTP\/1\.1 200/);
  });

  it('serves no second request that hides in the body of a first', async () => {
    const inner = `GET /hidden HTTP/1.1\r\n${HOST}\r\n`;
    const raw = new RawClient(port).write(
      `POST /outer HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    const answer = await raw.untilEnded();
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).toContain('"url":"/outer"');
  });

  it('answers pipelined requests each by itself and in order', async () => {
    const raw = new RawClient(port).write(
      `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    );
    const answer = await raw.untilEnded();
    expect(answer.indexOf('"url":"/1"')).toBeGreaterThan(0);
    expect(answer.indexOf('"url":"/2"')).toBeGreaterThan(answer.indexOf('"url":"/1"'));
  });

  it('refuses a head that is too large with 431 and a target that is too long with 414', async () => {
    const large = await new RawClient(port)
      .write(`GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(40_000)}\r\n\r\n`)
      .untilEnded();
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    const long = await new RawClient(port).write(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`).untilEnded();
    expect(long).toMatch(/^HTTP\/1\.1 414 /);
  });
});

describe('a client that dawdles', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run());

  it('gets 408 where its head or its body does not come, and a quiet answer is left alone', async () => {
    const backend = await startBackend(cleanup, (incoming, outgoing) => {
      if (incoming.method === 'POST') return;
      outgoing.flushHeaders();
      setTimeout(() => outgoing.end('late'), 400);
    });
    const { client } = await startTestGateway(cleanup, { clientHeadersTimeoutMs: 100, clientBodyIdleTimeoutMs: 100 });
    const port = await freePort();
    await client.apply(webConfig(port, { 'web@blue': [backend.address] }, 'web@blue'));
    const head = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\n');
    const body = new RawClient(port).write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    const quiet = new RawClient(port).write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await head.untilEnded()).toMatch(/^HTTP\/1\.1 408 /);
    expect(await body.untilEnded()).toMatch(/^HTTP\/1\.1 408 /);
    expect(await quiet.untilEnded()).toContain('late');
  });
});
