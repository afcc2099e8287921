import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '@baton/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeContext } from '../testing/fake-context.ts';
import { type FakeDaemon, fakeDaemon } from '../testing/fake-daemon.ts';
import { daemonClient } from './client.ts';
import { ensureDaemon } from './ensure-daemon.ts';
import { livingSupervisor } from './supervisor.ts';

let folder: string;
let daemon: FakeDaemon | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-ensure-'));
});
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
  await rm(folder, { recursive: true, force: true });
});

test('a daemon that answers is used, and nothing is started', async () => {
  daemon = await fakeDaemon(folder);
  await ensureDaemon(folder, fakeContext({ cwd: folder }));
  expect(await livingSupervisor(folder)).toBeUndefined();
});

test('a state directory that cannot be is refused with the reason', async () => {
  await writeFile(join(folder, 'file'), '');
  const under = join(folder, 'file', 'state');
  await expect(ensureDaemon(under, fakeContext({ cwd: folder }))).rejects.toMatchObject({
    code: 'state-dir-unusable',
    message: expect.stringContaining('no directory is in the way'),
  });
});

test('a path too long for a Unix socket is refused before anything is made', async () => {
  const deep = join(folder, 'd'.repeat(120));
  await expect(ensureDaemon(deep, fakeContext({ cwd: folder }))).rejects.toMatchObject({ code: 'state-dir-too-long' });
});

test('a process that took the pid of a supervisor is not taken for one', async () => {
  await writeFile(join(folder, 'supervisor.pid'), `${process.pid}\n`);
  expect(await livingSupervisor(folder)).toBeUndefined();
});

test('a daemon that says nothing is told apart from one that is not there', async () => {
  daemon = await fakeDaemon(folder);
  daemon.on('GET', paths.health, { silent: true });
  const client = daemonClient(folder);
  await expect(client.get(paths.health, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'daemon-silent' });
  const nobody = join(folder, 'nobody');
  await mkdir(nobody);
  await expect(daemonClient(nobody).get(paths.health)).rejects.toMatchObject({ code: 'daemon-down' });
});
