import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processTarget } from './process-target.ts';
import { seen } from './testing/driver.ts';
import { clock, eventually, Place } from './testing/place.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const FREEZER = '/sys/fs/cgroup/freezer';
/** A process frozen by the version 1 freezer is in state D: SIGKILL waits until it is thawed. */
const canFreeze = existsSync(join(FREEZER, 'cgroup.procs')) && spawnSync('test', ['-w', FREEZER]).status === 0;

test.skipIf(!canFreeze)('a process that cannot be killed is never called dead', async () => {
  const target = processTarget({ stateDir: place.stateDir, portLeaseDir: place.leases, clock, killTimeoutMs: 100 });
  const service = place.service();
  const { instance, handle } = await target.launch(place.request(await target.pin(place.app(service), service)));
  const group = join(FREEZER, `target-process-${process.pid}`);
  mkdirSync(group);
  try {
    writeFileSync(join(group, 'cgroup.procs'), handle.split(':')[0] as string);
    writeFileSync(join(group, 'freezer.state'), 'FROZEN');
    await expect(target.kill(instance, 100)).rejects.toMatchObject({ code: 'death-unconfirmed' });
    await expect(target.stop(instance, 50)).rejects.toMatchObject({ code: 'death-unconfirmed' });
    expect(await seen(target, instance)).toMatchObject({ state: 'running' });
  } finally {
    writeFileSync(join(group, 'freezer.state'), 'THAWED');
    await target.kill(instance, 5000);
    await eventually(() => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '', 'the freezer is empty');
    rmdirSync(group);
  }
});

test('preflight names what is missing, service by service', async () => {
  const target = processTarget({
    stateDir: place.stateDir,
    portLeaseDir: place.leases,
    clock,
    minFreeBytes: Number.MAX_SAFE_INTEGER,
  });
  const { command: _, ...imageOnly } = place.service({ name: 'cache', image: 'redis' });
  const app = place.app(place.service(), place.service({ name: 'typo', command: ['nod'] }), imageOnly);
  const findings = await target.preflight(app);
  expect(findings.filter((finding) => !finding.ok).map((finding) => finding.subject)).toEqual([
    'disk',
    'service typo',
    'service cache',
  ]);
  for (const finding of findings) if (!finding.ok) expect(finding.hint).toBeTruthy();
});
