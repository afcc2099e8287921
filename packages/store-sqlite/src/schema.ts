import type { DatabaseSync } from 'node:sqlite';
import { BatonError } from '@baton/core';
import { storeCorrupt } from './sqlite-errors.ts';

/** The schema that this code reads and writes. */
export const SCHEMA_VERSION = 1;

/** "BATO": says in the file's header whose database it is (https://sqlite.org/fileformat.html#application_id). */
export const APPLICATION_ID = 0x4241544f;

/**
 * `heads` stands apart from `journal`, so that a journal whose tail was cut is found. A row of `locks` is never
 * deleted, because its token must never be given again. The triggers keep mistakes out, not an intruder.
 */
const TABLES = `
CREATE TABLE records (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  at REAL NOT NULL,
  payload TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE heads (
  stream TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE locks (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fencing_token INTEGER NOT NULL,
  expires_at REAL NOT NULL,
  note TEXT NOT NULL,
  held INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_keeps_what_was_said BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_keeps_every_entry BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER locks_keep_every_row BEFORE DELETE ON locks
BEGIN SELECT RAISE(ABORT, 'a lock is never deleted'); END;

CREATE TRIGGER locks_only_raise_tokens BEFORE UPDATE ON locks WHEN new.fencing_token < old.fencing_token
BEGIN SELECT RAISE(ABORT, 'a fencing token only rises'); END;
`;

interface Identification {
  readonly applicationId: number;
  readonly version: number;
  readonly tables: number;
}

/** One statement, so that it sees one moment of a file that another process may be creating. */
const IDENTIFY = `SELECT application_id AS applicationId, user_version AS version, (SELECT count(*) FROM sqlite_schema) AS tables
FROM pragma_application_id, pragma_user_version`;

/**
 * Whether the file holds this version's tables; false for an empty database.
 * @throws BatonError `store-corrupt` for a database of somebody else's, `store-too-new` for a later Baton's
 */
export const hasSchema = (db: DatabaseSync, file: string): boolean => {
  const { applicationId, version, tables } = db.prepare(IDENTIFY).get() as unknown as Identification;
  if (applicationId === 0 && tables === 0) return false;
  if (applicationId !== APPLICATION_ID) throw storeCorrupt(file, 'it is a SQLite database, but not one of Baton');
  if (version > SCHEMA_VERSION) {
    throw new BatonError(
      'store-too-new',
      `The state store ${file} has schema ${version}; this Baton knows schema ${SCHEMA_VERSION}. Nothing was changed.`,
      { fault: 'user', hint: 'Use the Baton that wrote it, or a later one.' },
    );
  }
  if (version !== SCHEMA_VERSION) throw storeCorrupt(file, `it says schema ${version}, which never was`);
  return true;
};

/** Creates the tables. In a transaction of the caller's, so that a file has all of them or is empty. */
export const createSchema = (db: DatabaseSync): void => {
  db.exec(TABLES);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
};
