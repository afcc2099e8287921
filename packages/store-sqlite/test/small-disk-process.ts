/**
 * What a store does on a disk of one megabyte, which has been mounted for this process alone: fills it, frees it,
 * then finds it read-only. Prints what it saw as JSON. Argument: the mount point.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, type Store } from '@baton/core';
import { auditFile, openSqliteStore } from '../src/index.ts';

const [disk = ''] = process.argv.slice(2);
const file = join(disk, 'state.db');
const ballast = join(disk, 'ballast');
const ENOUGH = 2_000;

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return error instanceof BatonError ? error.code : String(error);
  }
};
const append = (store: Store, count: number): Promise<unknown> =>
  store.transact({
    writes: [{ key: `key/${String(count).padStart(5, '0')}`, expectedVersion: 0, value: 'v'.repeat(300) }],
    append: [{ stream: 's', type: 'n', at: count, payload: { count } }],
  });
const fill = async (store: Store): Promise<{ acknowledged: number; code: string }> => {
  for (let acknowledged = 0; acknowledged < ENOUGH; acknowledged += 1) {
    const code = await codeOf(() => append(store, acknowledged));
    if (code !== 'ok') return { acknowledged, code };
  }
  return { acknowledged: ENOUGH, code: 'ok' };
};
const count = async (store: Store) => ({
  records: (await store.list('key/')).length,
  entries: (await store.readJournal('s', 0, ENOUGH)).length,
  fault: (await store.verifyJournal('s')) ?? null,
});

writeFileSync(ballast, Buffer.alloc(300_000));
const store = await openSqliteStore({ file });
const { fencingToken } = await store.stealLock('driver', 'me', 0, 1_000, '');
const { acknowledged, code } = await fill(store);
const again = await codeOf(() => append(store, acknowledged));
const lock = await codeOf(() => store.stealLock('driver', 'you', 0, 1_000, ''));
const whileFull = await count(store);
const openedWhileFull = await codeOf(async () => (await openSqliteStore({ file })).close());
const elsewhere = join(disk, 'new', 'state.db');
// To the last byte, so that not even an empty database fits.
await codeOf(async () => writeFileSync(join(disk, 'rest'), Buffer.alloc(1_000_000)));
const createdWhileFull = await codeOf(() => openSqliteStore({ file: elsewhere }));
rmSync(join(disk, 'rest'), { force: true });
rmSync(ballast);
const createdAfterwards = await codeOf(async () => (await openSqliteStore({ file: elsewhere })).close());
const afterwards = await codeOf(() => append(store, acknowledged));
const token = (await store.stealLock('driver', 'you', 0, 1_000, '')).fencingToken;
const atLast = await count(store);
await store.close();

execFileSync('mount', ['-o', 'remount,ro', disk]);
const bytes = readFileSync(file);
const readOnly = {
  opened: await codeOf(() => openSqliteStore({ file })),
  created: await codeOf(() => openSqliteStore({ file: join(disk, 'other.db') })),
  createdBelow: await codeOf(() => openSqliteStore({ file: join(disk, 'sub', 'other.db') })),
  audit: await auditFile(file),
  untouched: readFileSync(file).equals(bytes),
};
const full = { code, acknowledged, again, lock, whileFull, openedWhileFull, createdWhileFull, createdAfterwards };
const freed = { afterwards, tokens: [fencingToken, token], atLast };
process.stdout.write(JSON.stringify({ ...full, ...freed, readOnly }));
