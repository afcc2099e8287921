import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DaemonProcess } from './support/daemon-process.ts';
import { eventually } from './support/eventually.ts';
import { killNow, processesOf } from './support/processes.ts';
import { SmallDisk } from './support/small-disk.ts';
import { System } from './support/system.ts';

/** The boot id of another start of the machine, where this user may show one to the daemon. */
const anotherBoot = (system: System): Readonly<Record<string, string>> => {
  if (!SmallDisk.possible) return {};
  const file = join(system.dir, 'boot-id');
  writeFileSync(file, `${randomUUID()}\n`);
  return { BOOT_ID_FILE: file };
};

/** Everything of the host at once, as when the power goes; the venue is another machine. */
const powerFailure = async (system: System): Promise<void> => {
  const host = (): readonly number[] =>
    processesOf(system.stateDir)
      .filter(({ command }) => !command.includes('venue/src/main.ts'))
      .map(({ pid }) => pid);
  await eventually('nothing of the host runs', async () => {
    const left = host();
    await Promise.all(left.map(killNow));
    return left.length === 0 ? true : undefined;
  });
  await system.daemon.ended();
};

const mustComeUp = async (system: System): Promise<void> => {
  await eventually(
    'all is well again',
    async () => {
      const status = await system.api.status();
      return status.healthy ? true : undefined;
    },
    30_000,
  );
  expect((await fetch(`${system.front}/api/status`)).status).toBe(200);
};

describe('after the machine went down', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('everything comes up by itself, and the singleton by a new grant', async () => {
    const before = await system.live('bot');
    const { token } = await system.witness();
    await powerFailure(system);
    system.daemon = await DaemonProcess.start(system.stateDir, anotherBoot(system));
    await mustComeUp(system);
    const holder = await system.mustTrade();
    expect(holder.release).toBe(before.release);
    expect(holder.instance).not.toBe(before.instance);
    const witness = await system.mustBeUnharmed();
    expect(witness.token).toBeGreaterThan(token ?? 0);
  });

  test('in the middle of a handover, the deployment ends one way or the other, and one trades', async () => {
    const { generation } = await system.begin('2');
    for await (const line of system.api.follow(generation)) {
      if (line.kind === 'journal' && line.type === 'baton.revoked') break;
      if (line.kind === 'end') throw new Error(`it ended before: ${line.summary}`);
    }
    await powerFailure(system);
    system.daemon = await DaemonProcess.start(system.stateDir, anotherBoot(system));
    const end = await system.api.end(generation);
    expect(['committed', 'rolled-back'], end.summary).toContain(end.outcome);
    await mustComeUp(system);
    await system.mustTrade();
    await system.mustBeUnharmed();
  });

  test('while it was stopped, it stays stopped', async () => {
    const stopped = await system.baton('stop', 'local');
    expect(stopped.code, stopped.stderr).toBe(0);
    const { orders } = await system.witness();
    await powerFailure(system);
    system.daemon = await DaemonProcess.start(system.stateDir, anotherBoot(system));
    expect(await system.api.status()).toMatchObject({ stopped: true });
    expect((await system.api.status()).instances.filter((one) => one.state !== 'dead')).toEqual([]);
    expect((await system.witness()).orders).toBe(orders);
  });
});
