import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkload, type Workload, type WorkloadOptions } from './workload.ts';

const instance = 'c0ffee'.padEnd(32, '0');
const env = { BATON_INSTANCE: instance, BATON_SECRET: 'only-baton-knows', BATON_START_AS: 'standby' };

const started: Workload[] = [];
afterEach(() => {
  for (const workload of started.splice(0)) {
    workload.server.closeAllConnections();
    workload.server.close();
  }
});

const begin = async (options: WorkloadOptions = {}) => {
  const workload = createWorkload({ env, log: () => undefined, ...options });
  started.push(workload);
  await new Promise<void>((resolve) => workload.server.listen(0, '127.0.0.1', resolve));
  return { workload, port: (workload.server.address() as AddressInfo).port };
};

/** Asks for an upgrade and reads lines; the first is the status line of the answer. */
const ask = async (port: number, path: string, protocol: string, secret = env.BATON_SECRET) => {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\nauthorization: Bearer ${secret}\r\n\r\n`,
  );
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const status = await next();
  for (let line = await next(); line !== '' && line !== 'undefined'; line = await next());
  return { socket, status, next };
};

/** An open channel; calls are answered in the order in which they are read here. */
const open = async (options: WorkloadOptions = {}) => {
  const { workload, port } = await begin(options);
  const channel = await ask(port, '/lifecycle/channel', 'baton-lifecycle/1');
  let id = 0;
  const send = (name: string, body?: object): void => {
    id += 1;
    channel.socket.write(`${JSON.stringify({ id, call: name, ...(body === undefined ? {} : { body }) })}\n`);
  };
  const answer = async () => JSON.parse(await channel.next()) as { id: number; status: number; body: object };
  const call = async (name: string, body?: object) => {
    send(name, body);
    return answer();
  };
  const command = (name: string, token: number, more: object = {}) =>
    call(name, { instance, token, epoch: 1, ...more });
  return { ...channel, workload, port, send, answer, call, command };
};

describe('the channel', () => {
  it('carries a whole handover, each answer under the id of its call', async () => {
    const { status, call, command } = await open({
      exposure: 'nothing',
      onCheckpoint: () => 7,
      checkpointFormat: 'b/1',
    });
    expect(status).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await call('state')).toMatchObject({ id: 1, status: 200, body: { instance, phase: 'standby' } });
    expect(await command('activate', 3, { checkpoint: null, stale: false })).toMatchObject({ id: 2, status: 200 });
    expect(await command('quiesce', 3)).toMatchObject({ id: 3, body: { phase: 'quiesced' } });
    expect(await command('settle', 3, { policy: 'keep', deadlineMs: 100 })).toMatchObject({ id: 4, status: 200 });
    expect(await command('checkpoint', 3)).toMatchObject({ id: 5, body: { state: 7, format: 'b/1' } });
    expect(await command('deactivate', 4)).toMatchObject({ id: 6, body: { phase: 'standby', token: 4 } });
    expect(await call('exposure')).toMatchObject({ id: 7, body: { inFlight: { known: true, value: 0 } } });
  });

  it('refuses as the paths do, and stays open', async () => {
    const { call, command, socket, answer } = await open();
    expect(await command('quiesce', 3)).toMatchObject({ status: 409, body: { error: 'wrong-phase' } });
    expect(await call('settle', { instance })).toMatchObject({ status: 400 });
    expect(await call('dance')).toEqual({ id: 3, status: 404, body: { error: 'not-found' } });
    socket.write('no JSON\n');
    expect(await answer()).toMatchObject({ status: 400, body: { error: 'bad-request' } });
    expect(await call('state')).toMatchObject({ status: 200 });
  });

  it('answers other calls while one takes its time', async () => {
    const settled = Promise.withResolvers<void>();
    const { send, answer, command } = await open({ exposure: 'nothing', onSettle: () => settled.promise });
    await command('activate', 3, { checkpoint: null, stale: false });
    send('settle', { instance, token: 3, epoch: 1, policy: 'flatten', deadlineMs: 5_000 });
    send('state');
    expect(await answer()).toMatchObject({ id: 3, body: { phase: 'quiesced' } });
    settled.resolve();
    expect(await answer()).toMatchObject({ id: 2, status: 200 });
  });

  it('takes a call that arrives in pieces, within a character too', async () => {
    const { socket, answer } = await open();
    const bytes = Buffer.from('{"id":"ä","call":"state"}\n');
    for (const byte of bytes) socket.write(Buffer.from([byte]));
    expect(await answer()).toMatchObject({ id: 'ä', status: 200 });
  });

  it('is refused to whoever does not know the secret', async () => {
    const { port } = await begin();
    const { status } = await ask(port, '/lifecycle/channel', 'baton-lifecycle/1', 'a guess');
    expect(status).toBe('HTTP/1.1 401 Unauthorized');
  });

  it('leaves other upgrades to the program, which never sees a channel', async () => {
    const { workload, port } = await begin();
    const plain = await ask(port, '/health', 'websocket');
    expect(plain.status).toBe('HTTP/1.1 200 OK');
    plain.socket.destroy();
    workload.server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 418 Mine\r\n\r\n'));
    expect((await ask(port, '/ws', 'websocket')).status).toBe('HTTP/1.1 418 Mine');
    expect((await ask(port, '/lifecycle/channel', 'baton-lifecycle/1')).status).toContain('101');
  });

  it('does not keep a program that is told to end', async () => {
    const { workload, socket } = await open();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    expect(await workload.stop()).toBe(0);
    await closed;
  });
});

describe('a quiesce that goes on', () => {
  const goOn = { policy: 'transfer', deadlineMs: 1_000 };

  it('settles and saves in the same call, after what was in flight', async () => {
    const { command, workload } = await open({ exposure: 'nothing', onCheckpoint: () => 7, checkpointFormat: 'b/1' });
    await command('activate', 3, { checkpoint: null, stale: false });
    const order = Promise.withResolvers<void>();
    void workload.act(() => order.promise);
    const quiesced = command('quiesce', 3, { goOn });
    await expect.poll(() => workload.mayAct()).toBe(false);
    order.resolve();
    const zero = { known: true, value: 0 };
    expect((await quiesced).body).toMatchObject({
      phase: 'settled',
      inFlight: { known: true, value: 1 },
      exposure: { openOrders: zero, positions: zero, inFlight: zero },
      checkpoint: { state: 7, format: 'b/1' },
    });
  });

  it('says how far it came where it could not settle, and saves nothing', async () => {
    const { command, workload } = await open({ exposure: 'nothing', onCheckpoint: () => 7, checkpointFormat: 'b/1' });
    await command('activate', 3, { checkpoint: null, stale: false });
    workload.doubt('an order was not answered');
    const { body } = await command('quiesce', 3, { goOn: { ...goOn, deadlineMs: 20 } });
    expect(body).toMatchObject({ phase: 'quiesced', exposure: { inFlight: { known: false } } });
    expect(body).not.toHaveProperty('checkpoint');
  });

  it('answers without a checkpoint where saving failed: it is asked for by itself', async () => {
    const { command } = await open({
      exposure: 'nothing',
      onCheckpoint: () => {
        throw new Error('disk full');
      },
    });
    await command('activate', 3, { checkpoint: null, stale: false });
    const { status, body } = await command('quiesce', 3, { goOn });
    expect([status, body]).toMatchObject([200, { phase: 'settled' }]);
    expect(body).not.toHaveProperty('checkpoint');
  });

  it('is refused whole where what to go on with makes no sense', async () => {
    const { command, call } = await open();
    await command('activate', 3, { checkpoint: null, stale: false });
    expect(await command('quiesce', 3, { goOn: { policy: 'sell', deadlineMs: 1 } })).toMatchObject({ status: 400 });
    expect(await call('state')).toMatchObject({ body: { phase: 'active' } });
  });
});
