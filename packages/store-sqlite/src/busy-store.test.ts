import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../test/sqlite-fixture.ts';
import { DEFAULT_BUSY_TIMEOUT_MS, openSqliteStore } from './open-sqlite-store.ts';

const draft = { writes: [{ key: 'a', expectedVersion: 0, value: 1 }] };

it('gives a locked store up after its bound, with pauses that grow, and says how long it waited', async () => {
  using directory = temporaryDirectory();
  const pauses: number[] = [];
  const sleep = async (ms: number) => void pauses.push(ms);
  const store = await openSqliteStore({ file: directory.file, busyTimeoutMs: 100, sleep });
  using other = new DatabaseSync(directory.file);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.transact(draft)).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('locked for 100 ms'),
    hint: expect.stringMatching(/process/),
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 25, 25, 19]);
  await store.close();
});

it('goes on as soon as the other one is done', async () => {
  using directory = temporaryDirectory();
  using other = new DatabaseSync(directory.file);
  const pauses: number[] = [];
  const sleep = async (ms: number) => {
    pauses.push(ms);
    if (pauses.length === 3) other.exec('COMMIT');
  };
  const store = await openSqliteStore({ file: directory.file, sleep });
  other.exec('BEGIN IMMEDIATE');
  expect(await store.transact(draft)).toMatchObject({ ok: true });
  expect(pauses).toEqual([1, 2, 4]);
  await store.close();
});

it('reads while another one writes', async () => {
  using directory = temporaryDirectory();
  const store = await openSqliteStore({ file: directory.file, busyTimeoutMs: 0 });
  await store.transact(draft);
  using other = new DatabaseSync(directory.file);
  other.exec("BEGIN IMMEDIATE; UPDATE records SET value = '2'");
  expect(await store.get('a')).toMatchObject({ value: 1 });
  other.exec('COMMIT');
  expect(await store.get('a')).toMatchObject({ value: 2 });
  await store.close();
});

it('does not wait at all where it was told so', async () => {
  using directory = temporaryDirectory();
  const store = await openSqliteStore({
    file: directory.file,
    busyTimeoutMs: 0,
    sleep: () => Promise.reject(new Error('slept')),
  });
  using other = new DatabaseSync(directory.file);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.transact(draft)).rejects.toMatchObject({ code: 'store-unavailable' });
  await store.close();
});

it('waits for a store that somebody is creating, and fails with the same error when that takes too long', async () => {
  using directory = temporaryDirectory();
  using other = new DatabaseSync(directory.file);
  other.exec('BEGIN EXCLUSIVE');
  const sleep = async () => {};
  await expect(openSqliteStore({ file: directory.file, busyTimeoutMs: 50, sleep })).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('locked for 50 ms'),
  });
  let tries = 0;
  const store = await openSqliteStore({
    file: directory.file,
    sleep: async () => {
      tries += 1;
      if (tries === 2) other.exec('ROLLBACK');
    },
  });
  expect(tries).toBe(2);
  expect(await store.transact(draft)).toMatchObject({ ok: true });
  await store.close();
});

it('waits by the real clock where no other is given, and within seconds', async () => {
  using directory = temporaryDirectory();
  const store = await openSqliteStore({ file: directory.file });
  using other = new DatabaseSync(directory.file);
  other.exec('BEGIN IMMEDIATE');
  const written = store.transact(draft);
  setImmediate(() => other.exec('COMMIT'));
  expect(await written).toMatchObject({ ok: true });
  expect(DEFAULT_BUSY_TIMEOUT_MS).toBe(5_000);
  await store.close();
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a wait of %d ms', async (busyTimeoutMs) => {
  using directory = temporaryDirectory();
  await expect(openSqliteStore({ file: directory.file, busyTimeoutMs })).rejects.toMatchObject({
    code: 'invariant-broken',
  });
});
