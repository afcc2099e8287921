import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CgroupConfinement, createCgroup } from './cgroup-confinement.ts';
import { findCgroupParent } from './hierarchy.ts';

const parent = findCgroupParent();

describe.skipIf(parent === undefined)('a control group', () => {
  test('is past return only once none of its threads can run again', async () => {
    const folder = join(parent ?? '', randomUUID());
    createCgroup(folder);
    // Several threads: it is not enough that the first of them exits.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
    const group = new CgroupConfinement(folder);
    expect(group.isPastReturn()).toBe(false);
    process.kill(child.pid as number, 'SIGSTOP');
    expect(group.isPastReturn()).toBe(false);
    group.end();
    while (!group.isPastReturn()) await setImmediate();
    await exited;
    expect(group.end()).toBe(true);
  });

  test('with nobody in it is past return', () => {
    const folder = join(parent ?? '', randomUUID());
    createCgroup(folder);
    const group = new CgroupConfinement(folder);
    expect(group.isPastReturn()).toBe(true);
    expect(group.end()).toBe(true);
  });
});
