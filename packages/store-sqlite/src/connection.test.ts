import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../test/sqlite-fixture.ts';
import { atOneMoment, atomically, openConnection, prepareConnection } from './connection.ts';

const setting = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

it('syncs every commit to the disk, logs ahead, and never waits inside SQLite', () => {
  using directory = temporaryDirectory();
  using db = openConnection(directory.file);
  prepareConnection(db, directory.file);
  expect([setting(db, 'synchronous'), setting(db, 'journal_mode'), setting(db, 'busy_timeout')]).toEqual([2, 'wal', 0]);
});

it('may prepare the same file again', () => {
  using directory = temporaryDirectory();
  using db = openConnection(directory.file);
  prepareConnection(db, directory.file);
  prepareConnection(db, directory.file);
  using other = openConnection(directory.file);
  prepareConnection(other, directory.file);
  expect(setting(other, 'synchronous')).toBe(2);
});

it('refuses a place where there can be no write-ahead log', () => {
  using db = new DatabaseSync(':memory:');
  expect(() => prepareConnection(db, 'memory')).toThrow(
    expect.objectContaining({ code: 'store-unavailable', message: expect.stringContaining('journal mode memory') }),
  );
});

it('takes back everything where the work fails, and can begin again', () => {
  using db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE t (x)');
  const failing = () => {
    db.exec('INSERT INTO t VALUES (1)');
    throw new Error('in the middle');
  };
  expect(() => atomically(db, failing)).toThrow('in the middle');
  expect(db.isTransaction).toBe(false);
  expect(atomically(db, () => db.prepare('SELECT count(*) AS n FROM t').get())).toEqual({ n: 0 });
});

it('takes the write lock at the very beginning', () => {
  using directory = temporaryDirectory();
  using db = openConnection(directory.file);
  prepareConnection(db, directory.file);
  using other = openConnection(directory.file);
  atomically(db, () => expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked'));
  other.exec('BEGIN IMMEDIATE; ROLLBACK');
});

it('sees one moment while others write, and lets the moment go afterwards', () => {
  using directory = temporaryDirectory();
  using db = openConnection(directory.file);
  prepareConnection(db, directory.file);
  using other = openConnection(directory.file);
  const put = (key: string) => other.prepare('INSERT INTO records VALUES (?, 1, 1)').run(key);
  const count = () => db.prepare('SELECT count(*) AS n FROM records').get()?.n;
  const seen = atOneMoment(db, () => {
    const before = count();
    put('a');
    return [before, count()];
  });
  expect([...seen, count(), db.isTransaction]).toEqual([0, 0, 1, false]);
  const failing = () => {
    throw new Error('in the middle');
  };
  expect(() => atOneMoment(db, failing)).toThrow('in the middle');
  expect(db.isTransaction).toBe(false);
});
