import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DaemonProcess } from './support/daemon-process.ts';
import { isAlive } from './support/processes.ts';
import { SmallDisk } from './support/small-disk.ts';
import { ACCOUNT, System } from './support/system.ts';

const pidOf = (handle: string): number => Number(handle.split(':')[0]);

describe.runIf(SmallDisk.possible)('on a disk that is full', () => {
  let system: System;
  let disk: SmallDisk;
  beforeAll(async () => {
    system = await System.start((dir) => {
      disk = new SmallDisk(join(dir, 'state'));
    });
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose](() => disk.unmount()));

  test('a deployment is refused with one clear line, and what is live trades on and serves', async () => {
    disk.fill();
    await system.app.apply('2');
    const refused = await system.baton('deploy', 'local');
    expect([1, 4]).toContain(refused.code);
    expect(refused.stderr).toMatch(/free|full|space/i);
    expect(refused.stderr).not.toMatch(/\n\s+at /);
    expect(await system.mustTrade()).toMatchObject({ release: 1 });
    expect((await fetch(`${system.front}/api/status`)).status).toBe(200);
  });

  test('the emergency stop stops all the same, through the daemon', async () => {
    const holder = await system.live('bot');
    const stopped = await system.baton('stop', 'local', '--emergency', '--reason', 'full disk');
    expect(isAlive(pidOf(holder.handle))).toBe(false);
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    expect(stopped.stdout).toContain('STOPPED');
    expect(await system.venue.openOrders(ACCOUNT)).toEqual([]);
  });

  test('comes back when there is space again: armed, deployed, trading', async () => {
    disk.free();
    const armed = await system.baton('arm', 'local', '--yes');
    expect(armed.code, armed.stderr).toBe(0);
    const deployed = await system.baton('deploy', 'local');
    expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
    await system.mustTrade();
    await system.mustBeUnharmed();
  });

  test('the emergency stop stops without the daemon too, and a daemon that comes back keeps it', async () => {
    const holder = await system.live('bot');
    disk.fill();
    await system.daemon.kill();
    const stopped = await system.baton('stop', 'local', '--emergency');
    expect(isAlive(pidOf(holder.handle))).toBe(false);
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    disk.free();
    const { orders } = await system.witness();
    system.daemon = await DaemonProcess.start(system.stateDir);
    expect(await system.api.status()).toMatchObject({ latched: true });
    expect(
      (await system.api.status()).instances.filter((one) => one.service === 'bot' && one.state !== 'dead'),
    ).toEqual([]);
    expect((await system.witness()).orders).toBe(orders);
    await system.mustBeUnharmed();
  });
});
