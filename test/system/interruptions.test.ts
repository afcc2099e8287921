import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { freePorts } from './support/free-port.ts';
import { isAlive } from './support/processes.ts';
import { mustBeFlawless, System } from './support/system.ts';

const MOVING_CLOCK = { NODE_OPTIONS: `--import=${new URL('support/moving-clock.mjs', import.meta.url).href}` };

describe('a deployment goes on', () => {
  let system: System;
  let live = '1';
  beforeAll(async () => {
    system = await System.start();
    system.app.timings({ bake: '1500ms', drain: '800ms' });
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const next = async (): Promise<string> => {
    live = live === '1' ? '2' : '1';
    await system.app.apply(live);
    return live;
  };
  /** The generation that is open, once one is. */
  const opened = async (): Promise<number> =>
    await eventually('a goal is open', async () => (await system.api.status()).open?.generation);
  const mustCommit = async (generation: number): Promise<void> => {
    const end = await system.api.end(generation);
    expect(end.outcome, end.summary).toBe('committed');
    await system.mustTrade();
    await system.mustBeUnharmed();
  };

  test.each([
    ['when it has just begun', 'goal.opened'],
    ['in the handover', 'baton.revoked'],
    ['in the bake', 'traffic.switched'],
  ])(
    'without the command line that was interrupted %s, which ends with 130 and says how to watch it',
    async (_when, type) => {
      await next();
      const command = system.command('deploy', 'local');
      const generation = await opened();
      for await (const line of system.api.follow(generation)) if (line.kind === 'journal' && line.type === type) break;
      // What it has printed shows that it follows; an interrupt before that would be one of a command that waits.
      command.child.kill('SIGINT');
      const { code, stdout, stderr } = await command.result();
      expect(code).toBe(130);
      expect(stdout + stderr).toContain('baton monitor local');
      await mustCommit(generation);
    },
  );

  test('without the command line that was killed', async () => {
    await next();
    const command = system.command('deploy', 'local');
    const generation = await opened();
    command.child.kill('SIGKILL');
    await command.result();
    await mustCommit(generation);
  });

  test('in the same way when the clock is set back an hour in the middle of its bake', async () => {
    await system.restartDaemon(MOVING_CLOCK);
    const load = await system.load();
    await next();
    const { generation } = await system.api.deploy(system.app.load());
    for await (const line of system.api.follow(generation)) {
      if (line.kind === 'journal' && line.type === 'traffic.switched') break;
    }
    process.kill(system.daemon.pid, 'SIGUSR2');
    const begun = performance.now();
    await mustCommit(generation);
    expect(performance.now() - begun, 'the bake is neither cut short nor an hour long').toBeGreaterThan(1_000);
    await mustBeFlawless(load);
    expect(isAlive(system.daemon.pid)).toBe(true);
    // The lease of the driver and the next deployment live with it.
    await next();
    await mustCommit((await system.api.deploy(system.app.load())).generation);
    await system.restartDaemon();
    await system.mustTrade();
  });

  test('the other way when an address of its routes is taken meanwhile', async () => {
    const before = await system.mustTrade();
    const [port = 0] = await freePorts(1);
    const name = await next();
    system.app.change('baton.yaml', '{DASHBOARD_PORT:-8000}"]', `{DASHBOARD_PORT:-8000}", "127.0.0.1:${port}"]`);
    const { generation } = await system.api.deploy(system.app.load());
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    try {
      const end = await system.api.end(generation);
      expect(end).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
      expect(end.summary).toMatch(/routes could not be moved/);
    } finally {
      thief.close();
    }
    live = name === '1' ? '2' : '1';
    expect(await system.mustTrade()).toMatchObject({ release: before.release });
    expect((await fetch(`${system.front}/api/status`)).status).toBe(200);
    await system.mustBeUnharmed();
  });
});
