import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tamperWith, temporaryDirectory } from '../test/sqlite-fixture.ts';
import { auditFile } from './audit-file.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const write = (key: string, expectedVersion = 0) => ({
  writes: [{ key, expectedVersion, value: key }],
  append: [{ stream: 's', type: 'n', at: 0, payload: { key } }],
});

const DESCRIPTORS = '/proc/self/fd';

/** Open descriptors of this process below a directory. */
const openBelow = (path: string): string[] =>
  readdirSync(DESCRIPTORS).flatMap((name) => {
    try {
      const target = readlinkSync(join(DESCRIPTORS, name));
      return target.startsWith(path) ? [target] : [];
    } catch {
      return []; // The descriptor that listed the directory is gone by now.
    }
  });

it.skipIf(!existsSync(DESCRIPTORS))('a store that was refused or closed holds no file open (needs /proc)', async () => {
  using directory = temporaryDirectory();
  const store = await openSqliteStore({ file: directory.file });
  expect(openBelow(directory.path)).not.toEqual([]);
  await store.close();
  expect(openBelow(directory.path)).toEqual([]);
  tamperWith(directory.file, 'DROP TABLE locks');
  await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({ code: 'store-corrupt' });
  expect(openBelow(directory.path)).toEqual([]);
  tamperWith(directory.file, 'PRAGMA user_version = 2');
  await expect(openSqliteStore({ file: directory.file })).rejects.toMatchObject({ code: 'store-too-new' });
  expect(openBelow(directory.path)).toEqual([]);
  await expect(auditFile(directory.file)).rejects.toMatchObject({ code: 'store-too-new' });
  expect(openBelow(directory.path)).toEqual([]);
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
