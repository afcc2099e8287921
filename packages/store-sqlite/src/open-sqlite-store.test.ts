import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeContract } from '@baton/testkit/store-contract';
import { describe, expect, it } from 'vitest';
import { sqliteFixture, tamperWith, temporaryDirectory } from '../test/sqlite-fixture.ts';
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
    const missing = { code: 'store-missing', fault: 'user', message: expect.stringContaining(directory.file) };
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

describe('a file that is not what it should be', () => {
  it('refuses the schema of a later Baton, and changes nothing', async () => {
    using directory = temporaryDirectory();
    await (await openSqliteStore({ file: directory.file })).close();
    tamperWith(directory.file, 'PRAGMA user_version = 2');
    const before = readFileSync(directory.file);
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({
      code: 'store-too-new',
      fault: 'user',
      message: expect.stringContaining('has schema 2; this Baton knows schema 1'),
      hint: expect.stringMatching(/later/),
    });
    expect(readFileSync(directory.file)).toEqual(before);
  });

  it('refuses a schema version that never was', async () => {
    using directory = temporaryDirectory();
    await (await openSqliteStore({ file: directory.file })).close();
    tamperWith(directory.file, 'PRAGMA user_version = 0');
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('refuses the database of another program', async () => {
    using directory = temporaryDirectory();
    tamperWith(directory.file, 'CREATE TABLE theirs (x)');
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('not one of Baton'),
    });
    tamperWith(directory.file, 'DROP TABLE theirs');
    tamperWith(directory.file, 'PRAGMA application_id = 7');
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('refuses tables that are not those of its version', async () => {
    using directory = temporaryDirectory();
    await (await openSqliteStore({ file: directory.file })).close();
    tamperWith(directory.file, 'DROP TABLE locks');
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('locks'),
    });
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    using directory = temporaryDirectory();
    const garbage = 'this is not a database\n'.repeat(400);
    writeFileSync(directory.file, garbage);
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({
      code: 'store-corrupt',
      hint: expect.stringMatching(/backup/),
    });
    expect(readFileSync(directory.file, 'utf8')).toBe(garbage);
  });

  it('says that a damaged page is damaged, where it is read', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    for (let i = 0; i < 200; i += 1) await store.transact(write(`key ${i} ${'x'.repeat(200)}`));
    await store.close();
    const bytes = readFileSync(directory.file);
    bytes.fill(0xa5, 4_096);
    writeFileSync(directory.file, bytes);
    const damaged = await openSqliteStore({ file: directory.file });
    await expect(damaged.list('')).rejects.toMatchObject({ code: 'store-corrupt' });
    await expect(damaged.transact(write('new'))).rejects.toMatchObject({ code: 'store-corrupt' });
    await damaged.close();
  });

  it('says that a value is damaged that is no JSON any more, and finds such an entry in the chain', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    tamperWith(directory.file, "UPDATE records SET value = '{'");
    tamperWith(directory.file, "UPDATE journal SET payload = '{'");
    const damaged = { code: 'store-corrupt', message: expect.stringContaining('not JSON') };
    await expect(store.get('a')).rejects.toMatchObject(damaged);
    await expect(store.readJournal('s', 0, 1)).rejects.toMatchObject(damaged);
    expect(await store.verifyJournal('s')).toEqual({
      stream: 's',
      seq: 1,
      problem: 'entry 1 was changed: its payload is not JSON',
    });
    await store.close();
  });

  it('says that a number is damaged that no store could have written', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    tamperWith(directory.file, 'UPDATE records SET version = 9223372036854775807');
    await expect(store.get('a')).rejects.toMatchObject({ code: 'store-corrupt' });
    await store.close();
  });

  it('refuses to append where an entry already stands past the head', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    tamperWith(directory.file, 'DELETE FROM heads');
    await expect(store.transact(write('b'))).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(await store.get('b')).toBeUndefined();
    await store.close();
  });

  it('writes nothing more once its file was moved, or replaced by a copy of the past', async () => {
    using directory = temporaryDirectory();
    const store = await openSqliteStore({ file: directory.file });
    await store.transact(write('a'));
    copyFileSync(directory.file, `${directory.file}.past`);
    renameSync(directory.file, `${directory.file}.moved`);
    const moved = { code: 'store-unavailable', message: expect.stringContaining('moved or replaced') };
    await expect(store.transact(write('b'))).rejects.toMatchObject(moved);
    renameSync(`${directory.file}.past`, directory.file);
    await expect(store.stealLock('l', 'me', 0, 1, '')).rejects.toMatchObject(moved);
    await store.close();
  });

  it('does not open a directory, and says so', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file);
    await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('does not open a file whose directory is a file', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file, '');
    const file = join(directory.file, 'state.db');
    await expect(openSqliteStore({ file })).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
