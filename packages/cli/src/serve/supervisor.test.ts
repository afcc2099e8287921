import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('./supervisor.sh', import.meta.url));

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-supervisor-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** A daemon that is a line of shell; `$DIR` is its state directory and `$LIVES` how often it has lived. */
const supervise = async (body: string): Promise<ChildProcess> => {
  const daemon = join(folder, 'daemon');
  const count = 'echo life >>"$DIR/lives"; LIVES=$(wc -l <"$DIR/lives")';
  await writeFile(daemon, `#!/bin/sh\nDIR=$1\n${count}\n${body}\n`);
  await chmod(daemon, 0o755);
  child = spawn('/bin/sh', [SCRIPT, folder, daemon, folder], { stdio: 'ignore' });
  await writeFile(join(folder, 'supervisor.pid'), `${child.pid}\n`);
  return child;
};

const exitOf = (process: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => process.once('exit', (code) => resolve(code)));

const lives = async (): Promise<number> =>
  (await readFile(join(folder, 'lives'), 'utf8').catch(() => '')).split('\n').length - 1;

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came to be');
    await pause(10);
  }
};

test('a daemon that ends well is not started again', async () => {
  const code = await exitOf(await supervise('exit 0'));
  expect(code).toBe(0);
  expect(await lives()).toBe(1);
});

test.each([2, 4])('a daemon that must not run here (exit %i) is not started again', async (exitCode) => {
  const code = await exitOf(await supervise(`exit ${exitCode}`));
  expect(code).toBe(exitCode);
  expect(await lives()).toBe(1);
});

test('a daemon that never comes up is given up, and the log says so', async () => {
  const code = await exitOf(await supervise('echo broken; exit 9'));
  expect(code).toBe(9);
  expect(await lives()).toBe(3);
  const log = await readFile(join(folder, 'daemon.log'), 'utf8');
  expect(log).toContain('broken');
  expect(log).toContain('did not come up in 3 tries (last exit code 9)');
  await expect(readFile(join(folder, 'supervisor.pid'))).rejects.toThrow('ENOENT');
});

test('a daemon that was up is brought back however it dies, and told to end when the supervisor is', async () => {
  const body = [
    'touch -d "+1 hour" "$DIR/daemon.sock"',
    '[ "$LIVES" -le 3 ] && kill -KILL $$',
    'trap "echo told >>\\"$DIR/told\\"; exit 0" TERM',
    'echo ready >"$DIR/ready"',
    'while :; do sleep 0.02; done',
  ].join('\n');
  const supervisor = await supervise(body);
  await until(async () => (await readFile(join(folder, 'ready'), 'utf8').catch(() => '')) !== '');
  expect(await lives()).toBe(4);
  supervisor.kill('SIGTERM');
  expect(await exitOf(supervisor)).toBe(0);
  expect(await readFile(join(folder, 'told'), 'utf8')).toBe('told\n');
});
