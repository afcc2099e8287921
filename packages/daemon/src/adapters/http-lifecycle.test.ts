import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { instanceId, type LifecycleAddress } from '@baton/core';
import { afterEach, describe, expect, it } from 'vitest';
import { httpLifecycle } from './http-lifecycle.ts';

const nonce = 'c0ffee'.padEnd(32, '0');
const state = { instance: nonce, phase: 'standby', token: 3, release: 2, digest: 'sha256:a' };
const authority = { token: 3, epoch: 1 };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const listening = async (server: Server): Promise<LifecycleAddress> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { instance: instanceId(nonce), address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
};

/** A workload that answers by the paths, and by the channel where it is given what to say there. */
const workload = async (onLine?: (line: Record<string, unknown>, socket: Socket) => void) => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.end(JSON.stringify(state)));
  });
  const sockets: Socket[] = [];
  if (onLine !== undefined) {
    server.on('upgrade', (request, socket) => {
      heard.push(`upgrade ${request.headers.authorization}`);
      sockets.push(socket as Socket);
      closing.push(() => socket.destroy());
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: baton-lifecycle/1\r\n\r\n');
      createInterface({ input: socket }).on('line', (line) => {
        const call = JSON.parse(line) as Record<string, unknown>;
        heard.push(`line ${String(call.call)}`);
        onLine(call, socket as Socket);
      });
    });
  }
  const at = await listening(server);
  const lifecycle = httpLifecycle(() => 'secret');
  /** Looks until it is heard over the channel. */
  const overChannel = async (): Promise<void> => {
    await expect.poll(async () => (await lifecycle.observe(at)).known && heard.includes('line state')).toBe(true);
    heard.length = 0;
  };
  return { at, lifecycle, heard, sockets, overChannel };
};

const answering = (line: Record<string, unknown>, socket: Socket, body: object = state): void =>
  void socket.write(`${JSON.stringify({ id: line.id, status: 200, body })}\n`);

describe('the lifecycle over HTTP', () => {
  it('goes by the paths where the instance speaks no channel, and asks for one once', async () => {
    const { at, lifecycle, heard } = await workload();
    for (let look = 0; look < 4; look += 1) expect(await lifecycle.observe(at)).toMatchObject({ known: true });
    expect(await lifecycle.quiesce(at, authority)).toMatchObject({ state: { token: 3 }, checkpoint: undefined });
    await expect.poll(() => heard.filter((line) => line === 'GET /lifecycle/channel').length).toBe(1);
    expect(heard.at(-1)).toBe('POST /lifecycle/quiesce');
  });
});

describe('the lifecycle over a channel', () => {
  it('opens it with the secret when an instance is first looked at, and sends everything there', async () => {
    const { at, lifecycle, heard, overChannel } = await workload(answering);
    await overChannel();
    await lifecycle.deactivate(at, authority);
    expect(heard).toEqual(['line deactivate']);
  });

  it('reads what was settled and saved within a quiesce', async () => {
    const zero = { known: true, value: 0 };
    const more = {
      phase: 'settled',
      exposure: { openOrders: zero, positions: zero, inFlight: zero },
      checkpoint: { state: 7, takenAt: 1, format: 'b/1' },
    };
    const { at, lifecycle, overChannel } = await workload((line, socket) =>
      answering(line, socket, { ...state, ...more }),
    );
    await overChannel();
    const quiesced = await lifecycle.quiesce(at, authority, { policy: 'transfer', deadlineMs: 100 });
    expect(quiesced).toMatchObject({
      state: { phase: 'settled' },
      exposure: more.exposure,
      checkpoint: more.checkpoint,
    });
  });

  it('gives each answer to its own call, in whatever order they come', async () => {
    const waiting: (() => void)[] = [];
    const { at, lifecycle, overChannel } = await workload((line, socket) => {
      if (line.call === 'state') return answering(line, socket);
      waiting.unshift(() => answering(line, socket, { ...state, token: line.call === 'quiesce' ? 10 : 20 }));
      if (waiting.length === 2) for (const answer of waiting) answer();
    });
    await overChannel();
    const [quiesced, deactivated] = await Promise.all([
      lifecycle.quiesce(at, authority),
      lifecycle.deactivate(at, authority),
    ]);
    expect([quiesced.state.token, deactivated.token]).toEqual([10, 20]);
  });

  it('fails the calls on their way when it closes, and goes by the paths until it is open again', async () => {
    const { at, lifecycle, heard, overChannel } = await workload((line, socket) => {
      if (line.call === 'quiesce') socket.destroy();
      else answering(line, socket);
    });
    await overChannel();
    await expect(lifecycle.quiesce(at, authority)).rejects.toMatchObject({ code: 'lifecycle-unreachable' });
    expect(await lifecycle.deactivate(at, authority)).toMatchObject({ token: 3 });
    expect(heard).toEqual(['line quiesce', 'POST /lifecycle/deactivate']);
    await overChannel();
  });

  it('refuses an answer that is none, and one of another instance', async () => {
    const { at, lifecycle, overChannel } = await workload((line, socket) => {
      if (line.call === 'quiesce') answering(line, socket, { ...state, instance: 'another' });
      else if (line.call === 'checkpoint') socket.write('what?\n');
      else answering(line, socket);
    });
    await overChannel();
    await expect(lifecycle.quiesce(at, authority)).rejects.toMatchObject({ code: 'lifecycle-invalid-answer' });
    await expect(lifecycle.checkpoint(at, authority)).rejects.toMatchObject({ code: 'lifecycle-unreachable' });
  });

  it('says why a call was refused', async () => {
    const { at, lifecycle, overChannel } = await workload((line, socket) => {
      if (line.call === 'state') return answering(line, socket);
      socket.write(`${JSON.stringify({ id: line.id, status: 409, body: { error: 'stale-token' } })}\n`);
    });
    await overChannel();
    await expect(lifecycle.quiesce(at, authority)).rejects.toMatchObject({
      code: 'lifecycle-refused',
      message: expect.stringContaining('stale-token'),
    });
  });
});

it('is unknown, not an error, where nobody listens', async () => {
  const server = createPlain();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const at = { instance: instanceId(nonce), address: `127.0.0.1:${port}` };
  expect(await httpLifecycle(() => 'secret').observe(at)).toMatchObject({ known: false });
});
