import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AcceptedReport, AuditReport, EmergencyStopReport } from '@baton/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DaemonProcess } from './support/daemon-process.ts';
import { eventually } from './support/eventually.ts';
import { isAlive } from './support/processes.ts';
import { ACCOUNT, System } from './support/system.ts';

const by = 'test';
const pidOf = (handle: string): number => Number(handle.split(':')[0]);

/** Waits for one kind of journal entry of a goal. */
const seen = async (system: System, generation: number, type: string): Promise<void> => {
  for await (const line of system.api.follow(generation)) {
    if (line.kind === 'journal' && line.type === type) return;
    if (line.kind === 'end') throw new Error(`the goal ended as ${line.outcome} before ${type}: ${line.summary}`);
  }
};

const mustBeFlat = async (system: System): Promise<void> => {
  expect(await system.venue.openOrders(ACCOUNT)).toEqual([]);
  expect(await system.venue.positions(ACCOUNT)).toEqual([]);
};

/** No instance of the bot lives, and the venue hears nothing. */
const mustBeDown = async (system: System): Promise<void> => {
  const { instances } = await system.api.status();
  expect(instances.filter((one) => one.service === 'bot' && one.state !== 'dead')).toEqual([]);
};

describe('whoever operates it', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('cannot start two daemons on one state directory', async () => {
    const second = DaemonProcess.spawn(system.stateDir);
    expect(await second.ended()).not.toBe(0);
    expect(isAlive(system.daemon.pid)).toBe(true);
    expect((await system.api.status()).healthy).toBe(true);
  });

  test('is refused a second deployment during the bake, with exit 4, the owner and the step; and promotes the first', async () => {
    system.app.timings({ bake: '60s' });
    const { generation } = await system.begin('2');
    await seen(system, generation, 'traffic.switched');
    await system.app.apply('1');
    const refused = await system.baton('deploy', 'local');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/is being deployed \(goal \d+, by test\): wait: baking/);
    const promoted = await system.baton('promote', 'local');
    expect(promoted.code, promoted.stderr).toBe(0);
    expect(await system.api.end(generation)).toMatchObject({ outcome: 'committed', release: 2 });
  });

  test('gives the old release everything back by an abort in the bake', async () => {
    const before = await system.mustTrade();
    const { generation } = await system.begin('1');
    await seen(system, generation, 'traffic.switched');
    const aborted = await system.baton('abort', 'local', '--reason', 'wrong tag');
    expect(aborted.code, 'going back is what was asked for').toBe(0);
    const end = await system.api.end(generation);
    expect(end).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
    expect(end.summary).toContain('wrong tag');
    expect(await system.mustTrade()).toMatchObject({ release: before.release });
    await system.mustBeUnharmed();
  });

  test('stops it: settled, flat, down, and down it stays over a restart of the daemon, until it is restarted', async () => {
    const stopped = await system.baton('stop', 'local');
    expect(stopped.code, stopped.stderr).toBe(0);
    await mustBeFlat(system);
    expect((await system.api.status()).instances.filter((one) => one.state !== 'dead')).toEqual([]);
    const { orders } = await system.witness();
    await system.restartDaemon();
    const down = { service: 'bot', holder: null, unproven: null };
    expect(await system.api.status()).toMatchObject({ stopped: true, open: null, batons: [down] });
    await mustBeDown(system);
    expect((await system.witness()).orders).toBe(orders);
    system.app.timings({ bake: '500ms' });
    const back = await system.api.post<AcceptedReport>(system.api.at('restart'), { by });
    await seen(system, back.generation, 'traffic.switched');
    // The release that is started again was made with a long bake.
    await system.api.post(system.api.at('promote'), { by });
    expect(await system.api.end(back.generation)).toMatchObject({ outcome: 'committed' });
    await system.mustTrade();
    await system.mustBeUnharmed();
  });

  test('overtakes a deployment by a stop before the baton was revoked', async () => {
    const { generation } = await system.begin('1');
    await seen(system, generation, 'instance.launched');
    const stop = await system.api.post<AcceptedReport>(system.api.at('stop'), { by });
    expect(await system.api.end(stop.generation)).toMatchObject({ outcome: 'stopped', exitCode: 0 });
    await mustBeDown(system);
    await mustBeFlat(system);
    expect(await system.deploy('1')).toMatchObject({ outcome: 'committed' });
    await system.mustTrade();
  });

  test('overtakes a deployment by a stop after the baton was revoked, and nothing is granted any more', async () => {
    const { generation } = await system.begin('2');
    await seen(system, generation, 'baton.revoked');
    const stop = await system.api.post<AcceptedReport>(system.api.at('stop'), { by });
    const end = await system.api.end(stop.generation);
    expect(end.outcome, end.summary).toBe('stopped');
    await mustBeDown(system);
    const { entries } = await system.api.get<AuditReport>(`${system.api.at('audit')}?limit=1000`);
    const types = entries.map((entry) => entry.type);
    const revoked = types.lastIndexOf('baton.revoked');
    expect(types.slice(revoked)).toContain('baton.proven');
    expect(types.slice(revoked)).not.toContain('baton.granted');
    expect(await system.deploy('2')).toMatchObject({ outcome: 'committed' });
    await system.mustTrade();
    await system.mustBeUnharmed();
  });
});

describe('the emergency stop', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  /** Nothing acts, nothing may be deployed, and a new daemon changes nothing about that. */
  const mustHold = async (): Promise<void> => {
    await mustBeDown(system);
    const { orders } = await system.witness();
    await system.restartDaemon();
    expect(await system.api.status()).toMatchObject({ latched: true, healthy: false });
    const refused = await system.baton('deploy', 'local');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toContain('emergency stop is set');
    await mustBeDown(system);
    expect((await system.witness()).orders).toBe(orders);
  };

  test('says STOPPED only when every death is confirmed, and after it nothing acts, whatever is tried', async () => {
    const holder = await system.live('bot');
    const report = await system.api.post<EmergencyStopReport>(system.api.at('emergency'), { by, reason: 'drill' });
    expect(report.state).toBe('STOPPED');
    expect(report.instances.find((one) => one.instance === holder.instance)).toMatchObject({ problem: null });
    expect(isAlive(pidOf(holder.handle))).toBe(false);
    expect(await system.venue.openOrders(ACCOUNT)).toEqual([]);
    await mustHold();
  });

  test('is ended by arm, which activates nothing; a deployment after it trades again', async () => {
    const armed = await system.baton('arm', 'local', '--yes');
    expect(armed.code, armed.stderr).toBe(0);
    const { orders } = await system.witness();
    await system.restartDaemon();
    await mustBeDown(system);
    expect((await system.witness()).orders).toBe(orders);
    await system.app.apply('2');
    const deployed = await system.baton('deploy', 'local');
    expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
    await system.mustTrade();
    await system.mustBeUnharmed();
  });

  test('works without the daemon', async () => {
    const holder = await system.live('bot');
    await system.daemon.kill();
    const stopped = await system.baton('stop', 'local', '--emergency', '--reason', 'no daemon');
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    expect(stopped.stdout).toContain('STOPPED');
    expect(isAlive(pidOf(holder.handle))).toBe(false);
    system.daemon = await DaemonProcess.start(system.stateDir);
    await mustHold();
  });

  test('lets the very release that was live come back after arm', async () => {
    expect((await system.baton('arm', 'local', '--yes')).code).toBe(0);
    const deployed = await system.baton('deploy', 'local');
    expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
    await system.mustTrade();
    expect((await system.api.status()).problems).toEqual([]);
    await system.mustBeUnharmed();
  });

  test('ends a deployment that is under way', async () => {
    const { generation } = await system.begin('1');
    await seen(system, generation, 'baton.revoked');
    const stopped = await system.baton('stop', 'local', '--emergency');
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    expect(await system.api.end(generation)).toMatchObject({ outcome: 'needs-operator', exitCode: 5 });
    await mustBeDown(system);
    await eventually('nothing of the bot is left', async () => {
      const { instances } = await system.api.status();
      return instances.every((one) => one.service !== 'bot' || one.state === 'dead') ? true : undefined;
    });
    await system.mustBeUnharmed();
  });

  test('works without the store', async () => {
    expect((await system.baton('arm', 'local', '--yes')).code).toBe(0);
    expect(await system.deploy('1')).toMatchObject({ outcome: 'committed' });
    const holder = await system.mustTrade();
    await system.daemon.kill();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(system.stateDir, `state.db${suffix}`), { force: true });
    writeFileSync(join(system.stateDir, 'state.db'), 'this is no database any more\n'.repeat(1_000));
    const stopped = await system.baton('stop', 'local', '--emergency');
    expect(isAlive(pidOf(holder.handle))).toBe(false);
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    await system.mustBeUnharmed();
  });
});
