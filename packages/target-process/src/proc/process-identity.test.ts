import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../testing/place.ts';
import { hasEntry, processesWithNonce } from './nonce.ts';
import { identityOf, isAlive, parseStat, readStat } from './process-identity.ts';

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
});

test('the name of a program may hold brackets and spaces', () => {
  const fields = ['S', '1', '2', '3', ...Array.from({ length: 15 }, () => '0'), '4711', '0', '99'];
  expect(parseStat(`42 (a) b (c) ${fields.join(' ')}`)).toMatchObject({
    pid: 42,
    state: 'S',
    session: 3,
    startTime: 4711,
  });
  expect(parseStat('')).toBeUndefined();
  expect(parseStat('42 (torn')).toBeUndefined();
});

test('this process is alive, and not under another start time', () => {
  const self = identityOf(process.pid);
  expect(self).toBeDefined();
  if (self === undefined) return;
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTime: self.startTime + 1 })).toBe(false);
});

test('an entry of the environment is found whole only', () => {
  const block = Buffer.from('A=1\0BATON_INSTANCE=abc\0B=2\0');
  expect(hasEntry(block, Buffer.from('BATON_INSTANCE=abc'))).toBe(true);
  expect(hasEntry(block, Buffer.from('BATON_INSTANCE=ab'))).toBe(false);
  expect(hasEntry(block, Buffer.from('INSTANCE=abc'))).toBe(false);
  expect(hasEntry(Buffer.from('X=BATON_INSTANCE=abc\0'), Buffer.from('BATON_INSTANCE=abc'))).toBe(false);
  expect(hasEntry(Buffer.from('BATON_INSTANCE=abc'), Buffer.from('BATON_INSTANCE=abc'))).toBe(true);
});

test.skipIf(!existsSync('/usr/bin/python3'))(
  'a zombie leader with a living thread is alive, and found by its nonce',
  async () => {
    const program = [
      'import ctypes, threading, time',
      'threading.Thread(target=time.sleep, args=(60,)).start()',
      'print("up", flush=True)',
      'ctypes.PyDLL(None).syscall(60, 0)',
    ];
    const child = spawn('/usr/bin/python3', ['-c', program.join('\n')], {
      env: { BATON_INSTANCE: 'zombie-leader-of-a-test' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = child.pid as number;
    started.push(pid);
    await once(child.stdout, 'data');
    await eventually(() => readStat(pid)?.state === 'Z', 'the leader exits');
    const identity = identityOf(pid);
    expect(identity !== undefined && isAlive(identity)).toBe(true);
    expect(processesWithNonce('zombie-leader-of-a-test').map((found) => found.pid)).toEqual([pid]);
    process.kill(pid, 'SIGKILL');
    await once(child, 'exit');
    expect(processesWithNonce('zombie-leader-of-a-test')).toEqual([]);
  },
);
