import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCgroupParent } from '../confinement/index.ts';
import { freshInstance, Place } from '../testing/place.ts';
import { type Entrance, spawnDetached } from './spawn.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

/** Starts a program that leaves a mark; tells how it ended and whether the mark is there. */
const startThrough = async (entrance: Entrance): Promise<{ readonly code: number | null; readonly ran: boolean }> => {
  const mark = join(place.root, 'mark');
  const { exited } = await spawnDetached({
    command: ['/bin/sh', '-c', 'echo > "$0"', mark],
    cwd: place.root,
    environment: { PATH: '/usr/bin:/bin' },
    entrance,
    outLog: join(place.root, 'out.log'),
    errLog: join(place.root, 'err.log'),
  });
  return { code: (await exited).code, ran: existsSync(mark) };
};

// A starter that was paused between writing its intent and this spawn, while another killed the instance.
test('a start whose gate was taken away never runs its program', async () => {
  const gate = join(place.root, 'gate');
  expect(await startThrough({ gate })).toEqual({ code: 1, ran: false });
  writeFileSync(gate, '');
  expect(await startThrough({ gate })).toEqual({ code: 0, ran: true });
});

test.skipIf(findCgroupParent() === undefined)(
  'a start whose cgroup was taken away never runs its program',
  async () => {
    const cgroup = join(findCgroupParent() as string, freshInstance());
    expect((await startThrough({ cgroup })).ran).toBe(false);
    mkdirSync(cgroup);
    expect(await startThrough({ cgroup })).toEqual({ code: 0, ran: true });
    rmdirSync(cgroup);
  },
);
