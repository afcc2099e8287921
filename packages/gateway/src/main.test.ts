import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayClient } from './client/index.ts';
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
  webConfig,
} from './testing/harness.ts';
import { echoWebSockets, openWebSocket } from './testing/websocket-backend.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
/** As its launcher sets it: a start then compiles nothing. */
const COMPILE_CACHE = join(import.meta.dirname, '../../../.compile-cache');
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output: string;
}

const start = async (stateDir: string, ...args: string[]): Promise<Started> => {
  const child = spawn(process.execPath, [MAIN, '--state-dir', stateDir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const started: Started = { child, exited, output: '' };
  const spoke = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        started.output += chunk;
        resolve();
      });
    }
  });
  cleanup.add(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  await Promise.race([spoke, exited]);
  return started;
};

const setUp = async () => {
  const stateDir = cleanup.folder();
  const blue = await startBackend(cleanup, named('blue'));
  const green = await startBackend(cleanup, named('green'));
  const client = new GatewayClient(stateDir);
  cleanup.add(() => client.close());
  const port = await freePort();
  const pools = { 'web@blue': [blue.address], 'web@green': [green.address] };
  const config = (live: string) => webConfig(port, pools, live);
  return { stateDir, blue, green, client, port, config, url: `http://127.0.0.1:${port}` };
};

/** The successor ends with its test too. */
const takeOver = async (client: GatewayClient, command?: readonly string[]): Promise<number> => {
  const { pid } = await client.takeOver(command);
  cleanup.add(() => {
    if (alive(pid)) process.kill(pid, 'SIGKILL');
  });
  return pid;
};

const nameOf = (body: string): string => JSON.parse(body).name;

/** Requests of all kinds without pause: kept connections, fresh ones, bodies. Answers what failed, and why. */
const load = async (url: string, port: number, running: () => boolean) => {
  const failures: string[] = [];
  let sent = 0;
  const kept = new Agent({ keepAlive: true, maxSockets: 8 });
  const once = (agent: Agent | false): Promise<void> =>
    new Promise((resolve) => {
      const body = sent++ % 2 === 0 ? undefined : 'body';
      const outgoing = request(url, { agent, method: body === undefined ? 'GET' : 'POST' });
      outgoing.on('error', (error) => {
        failures.push(error.message);
        resolve();
      });
      outgoing.on('response', (response) => {
        if (response.statusCode !== 200) failures.push(String(response.statusCode));
        response.on('error', (error) => failures.push(error.message));
        response.on('close', resolve);
        response.resume();
      });
      outgoing.end(body);
    });
  const repeat = async (agent: Agent | false): Promise<void> => {
    while (running()) await once(agent);
  };
  // Connections that are open but quiet, and then ask: closing an idle one would lose their request.
  const quiet = async (i: number): Promise<void> => {
    while (running()) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      for (let n = 0; n < 2; n++) {
        await new Promise((resolve) => setTimeout(resolve, 5 + 17 * i));
        const answered = await new Promise<string>((resolve) => {
          socket.once('data', (chunk) => resolve(String(chunk)));
          socket.once('close', () => resolve('closed'));
          socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        });
        sent++;
        if (!answered.startsWith('HTTP/1.1 200')) failures.push(`quiet: ${answered.slice(0, 20)}`);
        if (/connection: close/i.test(answered) || answered === 'closed') break;
      }
      socket.destroy();
    }
  };
  await Promise.all([
    ...Array.from({ length: 8 }, () => repeat(kept)),
    ...Array.from({ length: 4 }, () => repeat(false)),
    ...Array.from({ length: 12 }, (_, i) => quiet(i)),
  ]);
  kept.destroy();
  return { sent, failures };
};

describe('the gateway as a process', () => {
  it('goes on after SIGKILL with the routes and the hold that were in force', async () => {
    const { stateDir, client, url, config } = await setUp();
    const first = await start(stateDir);
    await client.apply(config('web@blue'));
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    first.child.kill('SIGKILL');
    await first.exited;
    await start(stateDir);
    const held = ask(url);
    await eventually(async () => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === 1;
    });
    await client.release(SCOPE, 1, ['web'], config('web@green'));
    expect(nameOf((await held).body)).toBe('green');
  });

  it('lets what is in flight end on SIGTERM and exits with 0', async () => {
    const { stateDir, client, port, url } = await setUp();
    let finish: (() => void) | undefined;
    const slow = await startBackend(cleanup, (_incoming, outgoing) => {
      finish = () => outgoing.end('done');
    });
    const gateway = await start(stateDir);
    await client.apply(webConfig(port, { 'web@blue': [slow.address] }, 'web@blue'));
    const reply = ask(url);
    await eventually(() => finish !== undefined);
    gateway.child.kill('SIGTERM');
    await eventually(() => refuses(port));
    finish?.();
    expect((await reply).body).toBe('done');
    expect(await gateway.exited).toBe(0);
  });

  it('refuses a second one on its folder and a torn state, each with one line', async () => {
    const { stateDir } = await setUp();
    await start(stateDir);
    const second = await start(stateDir);
    expect(await second.exited).toBe(2);
    expect(second.output.trim().split('\n')).toHaveLength(1);
    expect(second.output).toMatch(/^Another gateway already serves .*--takeover/);
    const nothing = await start('');
    expect(await nothing.exited).not.toBe(0);
  });

  it('is replaced under load without a request failing, and its successor can be replaced too', async () => {
    const { stateDir, client, port, url, config } = await setUp();
    const first = await start(stateDir);
    await client.apply(config('web@blue'));
    let running = true;
    const loading = load(url, port, () => running);
    const pids = new Set([first.child.pid]);
    for (let i = 0; i < 2; i++) {
      const pid = await takeOver(client);
      expect(pids.has(pid)).toBe(false);
      pids.add(pid);
      // A switch while the predecessor still serves connections reaches those too.
      const next = config(i % 2 === 0 ? 'web@green' : 'web@blue');
      await client.hold(SCOPE, 1, ['web'], BOUNDS, 2_000);
      await client.release(SCOPE, 1, ['web'], next);
      expect(nameOf((await ask(url)).body)).toBe(i % 2 === 0 ? 'green' : 'blue');
      await eventually(async () => (await client.health()).predecessor === false);
    }
    running = false;
    const { sent, failures } = await loading;
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(100);
    expect(await first.exited).toBe(0);
    const { pid } = await client.health();
    process.kill(pid, 'SIGTERM');
    await eventually(() => !alive(pid));
  });

  it('keeps a WebSocket and a held request of the predecessor through a takeover', async () => {
    const { stateDir, client, port, url, blue, config } = await setUp();
    echoWebSockets(blue, 'blue');
    const first = await start(stateDir);
    await client.apply(config('web@blue'));
    const { socket, messages, closed } = await openWebSocket(`ws://127.0.0.1:${port}/`);
    await client.hold(SCOPE, 1, ['web'], BOUNDS, 0);
    const held = ask(url);
    const idle = new RawClient(port);
    await eventually(async () => {
      const seen = await client.observe(SCOPE);
      return seen.known && seen.value.held.web === 1;
    });
    const pid = await takeOver(client);
    socket.send('still here');
    await eventually(() => messages.includes('blue:still here'));
    const seen = await client.observe(SCOPE);
    expect(seen.known && [seen.value.held.web, seen.value.activity]).toEqual([
      1,
      [{ pool: 'web@blue', inFlight: 0, streams: 1 }],
    ]);
    expect(await client.release(SCOPE, 1, ['web'], config('web@green'))).toMatchObject({ released: 1 });
    expect(nameOf((await held).body)).toBe('green');
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await idle.untilEnded()).toContain('"name":"green"');
    expect(await client.drain(SCOPE, 1, 'web@blue', 50, 'drained')).toEqual({ cut: 1 });
    expect((await closed).code).toBe(1012);
    expect(await first.exited).toBe(0);
    process.kill(pid, 'SIGTERM');
    await eventually(() => !alive(pid));
  });

  it('goes on as it was where its successor does not start', async () => {
    const { stateDir, client, url, config } = await setUp();
    await start(stateDir);
    await client.apply(config('web@blue'));
    await expect(client.takeOver([process.execPath, '-e', 'process.exit(3)'])).rejects.toMatchObject({
      code: 'takeover-failed',
    });
    expect((await ask(url)).status).toBe(200);
    await client.apply(config('web@green'));
    expect(nameOf((await ask(url)).body)).toBe('green');
  });

  it('is replaced from the command line with --takeover', async () => {
    const { stateDir, client, url, config } = await setUp();
    const first = await start(stateDir);
    await client.apply(config('web@blue'));
    const command = await start(stateDir, '--takeover');
    expect(await command.exited).toBe(0);
    expect(command.output).toContain('taken-over');
    expect((await ask(url)).status).toBe(200);
    expect(await first.exited).toBe(0);
    const { pid } = await client.health();
    process.kill(pid, 'SIGTERM');
    await eventually(() => !alive(pid));
  });
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });
