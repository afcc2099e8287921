import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeContract } from '@baton/testkit/store-contract';
import { describe, expect, it } from 'vitest';
import { sqliteFixture, temporaryDirectory } from '../test/sqlite-fixture.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { APPLICATION_ID } from './schema.ts';

storeContract('SQLite', sqliteFixture);

const mode = (path: string): number => statSync(path).mode & 0o777;
const write = (key: string, expectedVersion = 0) => ({
  writes: [{ key, expectedVersion, value: key }],
  append: [{ stream: 's', type: 'n', at: 0, payload: { key } }],
});

describe('the file of a SQLite store', () => {
  it('is created with its directories, for the owner alone, side files too', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'one', 'two', 'state.db');
    const store = await openSqliteStore({ file });
    await store.transact(write('a'));
    expect(['', '-wal', '-shm'].map((suffix) => mode(file + suffix))).toEqual([0o600, 0o600, 0o600]);
    expect([mode(join(directory.path, 'one')), mode(join(directory.path, 'one', 'two'))]).toEqual([0o700, 0o700]);
    await store.close();
  });

  it('is narrowed where others could read it, and left read-only where its owner said so', async () => {
    using directory = temporaryDirectory();
    await (await openSqliteStore({ file: directory.file })).close();
    chmodSync(directory.file, 0o664);
    const store = await openSqliteStore({ file: directory.file });
    expect(mode(directory.file)).toBe(0o600);
    await store.close();
    chmodSync(directory.file, 0o440);
    const again = await openSqliteStore({ file: directory.file }).catch(() => undefined);
    expect([0o400, 0o440]).toContain(mode(directory.file));
    await again?.close();
  });

  it('has its side files narrowed too, where an earlier program left them open to others', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    for (const suffix of ['-wal', '-shm']) chmodSync(directory.file + suffix, 0o666);
    const other = await openSqliteStore({ file: directory.file });
    expect(['-wal', '-shm'].map((suffix) => mode(directory.file + suffix))).toEqual([0o600, 0o600]);
    await other.close();
    await store.close();
  });

  it('leaves the mode of a directory that was there', async () => {
    using directory = temporaryDirectory();
    chmodSync(directory.path, 0o755);
    await (await openSqliteStore({ file: directory.file })).close();
    expect(mode(directory.path)).toBe(0o755);
  });

  it('is found again by a relative path', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: relative(process.cwd(), directory.file) });
    await store.transact(write('a'));
    await store.close();
    expect(existsSync(directory.file)).toBe(true);
  });

  it('says that it is a store of Baton, in its main file from the first moment on', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    const header = readFileSync(directory.file);
    expect(header.readUInt32BE(68)).toBe(APPLICATION_ID);
    expect(header.readUInt32BE(60)).toBe(1);
    await store.close();
  });

  it('is not created where the caller expects one', async () => {
    using directory = temporaryDirectory();
    const missing = {
      code: 'store-missing',
      fault: 'user',
      message: expect.stringContaining(directory.file),
      hint: expect.stringMatching(/state directory/),
    };
    await expect(openSqliteStore({ file: directory.file, create: false })).rejects.toMatchObject(missing);
    expect(existsSync(directory.file)).toBe(false);
    await (await openSqliteStore({ file: directory.file })).close();
    await (await openSqliteStore({ file: directory.file, create: false })).close();
  });

  it('keeps guards against mistakes: entries and locks cannot be taken back by plain SQL', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    await store.stealLock('l', 'me', 0, 1, '');
    await store.stealLock('l', 'me', 0, 1, '');
    using db = new DatabaseSync(directory.file);
    expect(() => db.exec("UPDATE journal SET type = 'x'")).toThrow('the journal is append-only');
    expect(() => db.exec('DELETE FROM journal')).toThrow('the journal is append-only');
    expect(() => db.exec('DELETE FROM locks')).toThrow('a lock is never deleted');
    expect(() => db.exec('UPDATE locks SET fencing_token = 1')).toThrow('a fencing token only rises');
    await store.close();
  });
});
