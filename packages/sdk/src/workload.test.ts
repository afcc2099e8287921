import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { known, unknown } from './known.ts';
import { createWorkload, type Workload, type WorkloadOptions } from './workload.ts';

const instance = 'c0ffee'.padEnd(32, '0');
const secret = 'only-baton-knows';
const env = {
  BATON_APP: 'trading',
  BATON_SERVICE: 'bot',
  BATON_SLOT: 'blue',
  BATON_RELEASE: '3',
  BATON_DIGEST: 'sha256:abc',
  BATON_INSTANCE: instance,
  BATON_SECRET: secret,
  BATON_START_AS: 'standby',
};

const started: Workload[] = [];
afterEach(async () => {
  for (const workload of started.splice(0)) {
    workload.server.closeAllConnections();
    workload.server.close();
  }
});

/** A workload on a real socket, and a client that speaks as Baton. */
async function start(options: WorkloadOptions = {}) {
  const logged: string[] = [];
  const workload = createWorkload({ env, log: (line) => logged.push(line), ...options });
  started.push(workload);
  await new Promise<void>((resolve) => workload.server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(workload.server.address() as AddressInfo).port}`;
  const call = async (path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(base + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${secret}`, ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const command = (kind: string, token: number, more: object = {}) =>
    call(`/lifecycle/${kind}`, { instance, token, epoch: 1, ...more });
  const activate = (token: number, more: object = {}) =>
    command('activate', token, { checkpoint: null, stale: false, ...more });
  return { workload, base, call, command, activate, logged };
}

describe('the pages without a secret', () => {
  it('say that a standby is healthy, and who it is', async () => {
    const { base } = await start({ checks: { venue: () => ({ ok: true, message: 'reachable' }) } });
    expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: 'healthy' });
    expect(await (await fetch(`${base}/health/detailed`)).json()).toEqual({
      status: 'healthy',
      release: 3,
      digest: 'sha256:abc',
      instance,
      phase: 'standby',
      token: 0,
      checks: { venue: { ok: true, message: 'reachable' } },
    });
  });

  it('answer 503 with the reason where the program cannot serve, also when asking threw', async () => {
    const { call } = await start({
      health: () => {
        throw new Error('no market data');
      },
    });
    expect(await call('/health')).toEqual({ status: 503, body: { status: 'unhealthy', reason: 'no market data' } });
  });

  it('report metrics, the program’s own after the SDK’s', async () => {
    const { base } = await start({ metrics: () => 'bot_trades_total 4\n' });
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toContain('baton_workload_acting 0');
    expect(text.endsWith('bot_trades_total 4\n')).toBe(true);
  });
});

describe('the lifecycle paths', () => {
  it('refuse whoever does not know the secret, and change nothing', async () => {
    const { call, command } = await start();
    for (const authorization of ['', 'Bearer wrong', secret]) {
      expect(await call('/lifecycle', undefined, { authorization })).toEqual({
        status: 401,
        body: { error: 'unauthorized' },
      });
    }
    expect((await command('deactivate', 1)).status).toBe(200);
  });

  it('refuse everybody where no secret was given', async () => {
    const { call } = await start({ env: { ...env, BATON_SECRET: '' } });
    expect((await call('/lifecycle', undefined, { authorization: 'Bearer ' })).status).toBe(401);
  });

  it('name what is wrong with a malformed call', async () => {
    const { call, command } = await start();
    expect((await call('/lifecycle/quiesce', { instance, token: -1, epoch: 1 })).body).toEqual({
      error: 'bad-request',
      message: '"token" must be a whole number',
    });
    expect((await command('settle', 1, { policy: 'hope', deadlineMs: 1 })).status).toBe(400);
    expect((await call('/lifecycle/activate')).status).toBe(405);
    expect((await call('/lifecycle/explode', {})).status).toBe(404);
  });

  it('refuse another instance’s nonce, a stale token and a stale driver with 409, floor and phase', async () => {
    const { call, activate, command } = await start();
    await activate(5, { epoch: 2 });
    const other = await call('/lifecycle/quiesce', { instance: 'f'.repeat(32), token: 6, epoch: 2 });
    expect(other).toEqual({ status: 409, body: { error: 'wrong-instance', floor: 5, phase: 'active' } });
    expect((await command('quiesce', 4, { epoch: 2 })).body).toMatchObject({ error: 'stale-token' });
    expect((await command('quiesce', 5, { epoch: 1 })).body).toMatchObject({ error: 'stale-epoch' });
  });

  it('answer 413 for a body past the bound', async () => {
    const { activate } = await start();
    const state = 'x'.repeat(17 * 1024 * 1024);
    expect((await activate(1, { checkpoint: { state, takenAt: 1, format: 'f' } })).status).toBe(413);
  });
});

describe('a handover', () => {
  it('activates once under a token, however often and at once it is asked', async () => {
    const tokens: number[] = [];
    const { activate, workload } = await start({
      onActivate: async ({ token }) => {
        tokens.push(token);
        return { orders: 2, positions: 1 };
      },
    });
    const answers = await Promise.all([activate(7), activate(7), activate(7)]);
    expect(tokens).toEqual([7]);
    for (const answer of answers) {
      expect(answer.body).toMatchObject({ phase: 'active', token: 7, adopted: { orders: 2, positions: 1 } });
    }
    expect(workload.mayAct()).toBe(true);
  });

  it('lets nothing be sent from the moment of the quiesce, and says what is still in flight', async () => {
    const { activate, command, workload } = await start();
    await activate(7);
    const order = Promise.withResolvers<string>();
    void workload.act(() => order.promise);
    const quiesced = await command('quiesce', 7);
    expect(quiesced.body).toMatchObject({ phase: 'quiesced', inFlight: { known: true, value: 1 } });
    expect(() => workload.act(() => Promise.resolve('sent'))).toThrow('May not act');
    order.resolve('filled');
  });

  it('settles after what was in flight has ended, and says settled only of what is flat', async () => {
    const events: string[] = [];
    let positions = 1;
    const { activate, command, call, workload } = await start({
      onSettle: ({ policy, token }) => {
        events.push(`settle ${policy} ${token}`);
        positions = 0;
      },
      exposure: async () => ({ openOrders: known(0), positions: known(positions) }),
    });
    await activate(7);
    const order = Promise.withResolvers<void>();
    void workload.act(() => order.promise).then(() => events.push('answered'));
    const settling = command('settle', 7, { policy: 'flatten', deadlineMs: 5000 });
    await expect.poll(() => workload.phase).toBe('quiesced');
    order.resolve();
    const zero = { known: true, value: 0 };
    expect((await settling).body).toEqual({ openOrders: zero, positions: zero, inFlight: zero });
    expect(events).toEqual(['answered', 'settle flatten 7']);
    expect((await call('/lifecycle')).body).toMatchObject({ phase: 'settled', token: 7 });
  });

  it('does not leave the rest open because one request is in doubt', async () => {
    const settled: string[] = [];
    const { activate, command, call, workload } = await start({
      exposure: 'nothing',
      onSettle: ({ policy }) => {
        settled.push(policy);
      },
    });
    await activate(7);
    workload.doubt('order 1 was not answered');
    const answer = await command('settle', 7, { policy: 'flatten', deadlineMs: 60 });
    expect(settled).toEqual(['flatten']);
    expect(answer.body.inFlight).toEqual({ known: false, reason: 'order 1 was not answered' });
    expect((await call('/lifecycle')).body).toMatchObject({ phase: 'quiesced' });
  });

  it('stays quiesced where flatness is unknown, and passes the reason on', async () => {
    const { activate, command, call } = await start({
      exposure: async () => ({ openOrders: known(0), positions: unknown('the venue answered 500') }),
    });
    await activate(7);
    const answer = await command('settle', 7, { policy: 'flatten', deadlineMs: 100 });
    expect(answer.body.positions).toEqual({ known: false, reason: 'the venue answered 500' });
    expect((await call('/lifecycle')).body).toMatchObject({ phase: 'quiesced' });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('connection refused'))],
    ['is not there', undefined],
  ])('reports unknown, never flat, where the question to the broker %s', async (_how, exposure) => {
    const { call } = await start(exposure ? { exposure } : {});
    expect((await call('/lifecycle/exposure')).body).toMatchObject({
      openOrders: { known: false },
      positions: { known: false },
      inFlight: { known: true, value: 0 },
    });
  });

  it('carries the checkpoint from the old holder to the new one', async () => {
    const old = await start({ onCheckpoint: () => ({ trades: 9 }), checkpointFormat: 'bot/1', now: () => 123 });
    await old.activate(7);
    const checkpoint = (await old.command('checkpoint', 7)).body;
    expect(checkpoint).toEqual({ state: { trades: 9 }, takenAt: 123, format: 'bot/1' });
    const seen: unknown[] = [];
    const next = await start({
      checkpointFormat: 'bot/2',
      readsFormats: ['bot/1', 'bot/2'],
      onActivate: (activation) => {
        seen.push(activation.checkpoint, activation.stale);
        return undefined;
      },
    });
    await next.activate(8, { checkpoint, stale: true });
    expect(seen).toEqual([checkpoint, true]);
  });

  it('refuses a checkpoint that it cannot read before anything is activated', async () => {
    const { activate, workload } = await start({ checkpointFormat: 'bot/1' });
    const answer = await activate(7, { checkpoint: { state: {}, takenAt: 1, format: 'bot/9' } });
    expect(answer).toMatchObject({ status: 422, body: { error: 'unreadable-checkpoint', phase: 'standby' } });
    expect(workload.mayAct()).toBe(false);
  });

  it('is back in standby where activating fails, and does not act on a repeat of that grant', async () => {
    const { activate, workload, logged } = await start({
      onActivate: () => Promise.reject(new Error('the venue disagrees')),
    });
    const failed = await activate(7);
    expect(failed).toMatchObject({
      status: 500,
      body: { error: 'activation-failed', message: 'the venue disagrees', phase: 'standby', floor: 7 },
    });
    expect((await activate(7)).status).toBe(409);
    expect(workload.mayAct()).toBe(false);
    expect(logged).toEqual(['activation under token 7 failed: the venue disagrees']);
  });

  it('tells the program at once when the baton is taken away in the middle of settling', async () => {
    let aborted = false;
    const { activate, command, workload } = await start({
      onSettle: ({ signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          });
        }),
      exposure: 'nothing',
    });
    await activate(7);
    const settling = command('settle', 7, { policy: 'flatten', deadlineMs: 60_000 });
    await expect.poll(() => workload.phase).toBe('quiesced');
    const gone = await command('deactivate', 8);
    expect(gone.body).toMatchObject({ phase: 'standby', token: 8 });
    await settling;
    expect(aborted).toBe(true);
    expect(workload.phase).toBe('standby');
  });

  it('changes phase even where a hook throws', async () => {
    const { activate, command, logged } = await start({
      onQuiesce: () => {
        throw new Error('no timer');
      },
    });
    await activate(7);
    expect((await command('quiesce', 7)).body).toMatchObject({ phase: 'quiesced' });
    expect(logged).toEqual(['onQuiesce failed: no timer']);
  });
});

describe('listening', () => {
  it('tells a program that was started as the holder of its grant, and acts without an activate', async () => {
    const tokens: number[] = [];
    const workload = createWorkload({
      env: { ...env, PORT: '0', BATON_START_AS: 'holder', BATON_TOKEN: '12' },
      onActivate: ({ token }) => {
        tokens.push(token);
        return undefined;
      },
    });
    started.push(workload);
    const { port } = await workload.listen();
    expect(tokens).toEqual([12]);
    expect(workload.mayAct()).toBe(true);
    const body = JSON.stringify({ instance, token: 12, epoch: 1, checkpoint: null });
    const headers = { authorization: `Bearer ${secret}` };
    await fetch(`http://127.0.0.1:${port}/lifecycle/activate`, { method: 'POST', headers, body });
    expect(tokens).toEqual([12]);
  });

  it('leaves a standby in standby after its rehearsal', async () => {
    const activated: number[] = [];
    const workload = createWorkload({
      env: { ...env, PORT: '0' },
      onActivate: ({ token }) => {
        activated.push(token);
        return undefined;
      },
    });
    started.push(workload);
    await workload.listen();
    expect(workload.phase).toBe('standby');
    expect(workload.token).toBe(0);
    expect(activated).toEqual([]);
  });
});

describe('the program’s own requests', () => {
  it('reach its routes, and a failure there is a 500 and a line in the log', async () => {
    const { call, logged } = await start({
      routes: (request, response) => {
        if (request.url === '/broken') throw new Error('boom');
        response.end('"mine"');
      },
    });
    expect(await call('/anything')).toEqual({ status: 200, body: 'mine' });
    expect((await call('/broken')).status).toBe(500);
    expect(logged).toEqual(['GET /broken failed: boom']);
  });

  it('go on to the next handler where the program has a server of its own', () => {
    const workload = createWorkload({ env });
    let passed = 0;
    const request = { url: '/lifecyclesomething', method: 'GET', headers: {} };
    workload.handler(request as never, {} as never, () => {
      passed += 1;
    });
    expect(passed).toBe(1);
  });
});

describe('being told to end', () => {
  it('finishes the request that is being served and closes its connection', async () => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const { workload, base } = await start({
      env: { ...env, BATON_START_AS: 'replica' },
      routes: async (_request, response) => {
        reached.resolve();
        await gate.promise;
        response.end('whole');
      },
    });
    const answer = fetch(`${base}/slow`);
    await reached.promise;
    const stopping = workload.stop();
    gate.resolve();
    expect(await (await answer).text()).toBe('whole');
    expect(await stopping).toBe(0);
  });

  it('still answers what comes on a connection that is being served, and then closes it', async () => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const { workload } = await start({
      env: { ...env, BATON_START_AS: 'replica' },
      routes: async (request, response) => {
        if (request.url === '/slow') {
          reached.resolve();
          await gate.promise;
        } else second.resolve();
        response.end(request.url);
      },
    });
    const socket = connect((workload.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await reached.promise;
    const stopping = workload.stop();
    socket.write('GET /next HTTP/1.1\r\nhost: x\r\n\r\n');
    await second.promise;
    gate.resolve();
    const answers = await text(socket);
    expect(answers).toMatch(/\r\n\r\n\/slow.*connection: close.*\r\n\r\n\/next$/is);
    expect(await stopping).toBe(0);
  });

  it('quiesces a holder and closes nothing by itself', async () => {
    const settled: string[] = [];
    const { activate, workload } = await start({
      onSettle: ({ policy }) => {
        settled.push(policy);
      },
    });
    await activate(7);
    const stopping = workload.stop();
    expect(workload.mayAct()).toBe(false);
    expect(await stopping).toBe(0);
    expect(settled).toEqual([]);
  });

  it('settles where it was asked to, and exits 1 where that is not known to have worked', async () => {
    const settleOnTerminate = { policy: 'flatten', deadlineMs: 1000 } as const;
    const flat = await start({ settleOnTerminate, exposure: 'nothing' });
    await flat.activate(7);
    expect(await flat.workload.stop()).toBe(0);
    const blind = await start({ settleOnTerminate });
    await blind.activate(7);
    expect(await blind.workload.stop()).toBe(1);
    expect(blind.logged).toEqual(['not settled by flatten when told to end']);
  });
});
