import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hasCode } from '@baton/core';
import { fakeClock, memoryStore } from '@baton/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DriverLock, ownerText } from './mandate.ts';

const open: DriverLock[] = [];
const lockOn = (store: ReturnType<typeof memoryStore>, clock: ReturnType<typeof fakeClock>): DriverLock => {
  const lock = new DriverLock(store, clock, 'app/local');
  open.push(lock);
  return lock;
};
afterEach(async () => {
  for (const lock of open.splice(0)) await lock.release();
});

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the right to drive', () => {
  test('has a higher epoch for each driver', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const first = lockOn(store, clock);
    await first.take();
    const { epoch } = first.mandate;
    await first.release();
    const second = lockOn(store, clock);
    await second.take();
    expect(second.mandate.epoch).toBeGreaterThan(epoch);
  });

  test('is refused while another process of this host drives', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const other = new DriverLock(store, clock, 'app/local', { owner: () => 'another process', isGone: () => false });
    open.push(other);
    await other.take();
    const error = await refusal(lockOn(store, clock).take());
    expect(hasCode(error, 'driven-elsewhere')).toBe(true);
  });

  test('is taken over at once from a driver of an earlier boot', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    await store.acquireLock('driver/app/local', ownerText(clock), clock.wallMs(), 30_000, '');
    clock.reboot();
    const lock = lockOn(store, clock);
    await lock.take();
    expect(lock.mandate.epoch).toBe(2);
  });

  test('is taken over at once from a driver that was killed and that nobody has waited for yet', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    // A shell that becomes a sleep never waits for the child that it had.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const fields = (): readonly string[] =>
        readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      await vi.waitFor(() => expect(fields()[0]).toBe('Z'));
      const owner = ownerText(clock)
        .replace(` ${process.pid} `, ` ${pid} `)
        .replace(/\d+$/, fields()[19] ?? '');
      await store.acquireLock('driver/app/local', owner, clock.wallMs(), 30_000, '');
      const lock = lockOn(store, clock);
      await lock.take();
      expect(lock.mandate.epoch).toBe(2);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('is taken over from another host only once its lease has ended', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    await store.acquireLock('driver/app/local', 'elsewhere boot 1 1', clock.wallMs(), 30_000, '');
    expect(hasCode(await refusal(lockOn(store, clock).take()), 'driven-elsewhere')).toBe(true);
    clock.shiftWall(30_001);
    const lock = lockOn(store, clock);
    await lock.take();
    expect(lock.mandate.epoch).toBe(2);
  });

  test('is taken where the store had given it and did not say so', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const lock = lockOn(store, clock);
    await lock.take();
    store.failNext('after-commit');
    expect(hasCode(await refusal(lock.steal('unlocked')), 'store-unavailable')).toBe(true);
    await lock.take();
    expect(lock.mandate.epoch).toBe(3);
  });

  test('is taken again by who lost it and only waits, once the other is gone', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const lock = lockOn(store, clock);
    await lock.take();
    const other = await store.stealLock('driver/app/local', 'elsewhere boot 1 1', clock.wallMs(), 30_000, '');
    await clock.advance(5_000);
    expect(lock.mandate.epoch).toBe(1);
    await store.releaseLock(other);
    await clock.advance(5_000);
    expect(lock.mandate.epoch).toBe(3);
  });

  test('is not there before it is taken, nor after it is released', async () => {
    const lock = lockOn(memoryStore(), fakeClock());
    expect(() => lock.mandate).toThrow('does not drive');
  });
});
