import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { checkJournalRange, checkStoreName, checkTransaction, invariant, lockExpiry, type Store } from '@baton/core';
import { atomically, openConnection, prepareConnection } from './connection.ts';
import { journal } from './journal.ts';
import { locks } from './locks.ts';
import { type Patience, patience } from './patience.ts';
import { createPrivateFile, fileBytes, fileIdentity } from './private-file.ts';
import { records } from './records.ts';
import { storeError, storeMissing, storeUnavailable } from './sqlite-errors.ts';
import { type Tables, transactionBody } from './transact.ts';
import { walkChain } from './walk-chain.ts';

/** How long a write waits for another process by default. A write takes less than a millisecond. */
export const DEFAULT_BUSY_TIMEOUT_MS = 5_000;

export interface SqliteStoreOptions {
  /** Path of the database; its directory is created, for the owner alone. */
  readonly file: string;
  /** Whether a missing store is created (the default), or refused with `store-missing`. */
  readonly create?: boolean;
  /** Sum of the pauses after which a database that another process keeps locked is given up as `store-unavailable`. */
  readonly busyTimeoutMs?: number;
  /** Waits between two tries at a locked database. */
  readonly sleep?: (ms: number) => Promise<void>;
}

interface OpenDatabase {
  readonly file: string;
  readonly db: DatabaseSync;
  readonly patiently: Patience;
}

const openDatabase = async (options: SqliteStoreOptions): Promise<OpenDatabase> => {
  const { create = true, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, sleep = (ms) => pause(ms) } = options;
  invariant(busyTimeoutMs >= 0 && Number.isFinite(busyTimeoutMs), `a wait has a bound, not ${busyTimeoutMs} ms`);
  const file = resolve(options.file);
  const patiently = patience({ file, busyTimeoutMs, sleep });
  const db = await patiently(() => {
    if (!create && fileBytes(file) === 0) throw storeMissing(file);
    createPrivateFile(file);
    return openConnection(file);
  });
  try {
    await patiently(() => prepareConnection(db, file));
  } catch (error) {
    db.close();
    throw error;
  }
  return { file, db, patiently };
};

const prepareTables = ({ db, file }: OpenDatabase): Tables => {
  try {
    return { records: records(db), journal: journal(db), locks: locks(db) };
  } catch (error) {
    db.close();
    throw storeError(error, file);
  }
};

/**
 * Opens the state store on a local file, creating it where it is missing.
 *
 * SQLite with a write-ahead log and `synchronous = FULL`: what was acknowledged survives `kill -9` and a loss of
 * power. Several processes may have it open. An error means that nothing was written, with one exception that no
 * database can rule out: where the final sync fails (`store-unavailable`), read back before repeating.
 *
 * @throws BatonError `store-full`, `store-read-only`, `store-corrupt`, `store-unavailable`, `store-too-new`,
 *   `store-missing`
 * @example
 * const store = await openSqliteStore({ file: '.baton/state.db' });
 * await store.transact({ writes: [{ key: 'release/1', expectedVersion: 0, value: { tag: 'v1' } }] });
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const opened = await openDatabase(options);
  const { file, db, patiently } = opened;
  const tables = prepareTables(opened);
  const identity = fileIdentity(file);

  const read = <T>(work: () => T): Promise<T> =>
    patiently(() => {
      if (!db.isOpen) throw storeUnavailable(file, 'it was closed', 'Open the store again.');
      return work();
    });
  /** A file that was moved or replaced is a store of the past: what is written there is lost, and its tokens repeat. */
  const write = <T>(work: () => T): Promise<T> =>
    read(() =>
      atomically(db, () => {
        if (fileIdentity(file) === identity) return work();
        throw storeUnavailable(
          file,
          'the file was moved or replaced while open',
          'Restart Baton to open the new file.',
        );
      }),
    );
  return {
    async get(key) {
      checkStoreName(key);
      return read(() => tables.records.get(key));
    },
    list: (prefix) => read(() => tables.records.list(prefix)),
    async transact(transaction) {
      checkTransaction(transaction);
      return write(transactionBody(transaction, tables));
    },
    async readJournal(stream, afterSeq, limit) {
      checkStoreName(stream);
      checkJournalRange(afterSeq, limit);
      return read(() => tables.journal.read(stream, afterSeq, limit));
    },
    streams: () => read(() => tables.journal.streams()),
    async verifyJournal(stream) {
      checkStoreName(stream);
      const end = await walkChain((reached) => read(() => tables.journal.check(stream, reached)));
      return end.state === 'broken' ? end.fault : undefined;
    },
    async acquireLock(name, owner, now, ttlMs, note) {
      checkStoreName(name);
      const claim = { name, owner, takeOverUntil: now, expiresAt: lockExpiry(now, ttlMs), note };
      return write(() => tables.locks.claim(claim));
    },
    async renewLock(grant, now, ttlMs) {
      const expiresAt = lockExpiry(now, ttlMs);
      return write(() => tables.locks.renew(grant, expiresAt));
    },
    releaseLock: (grant) => write(() => tables.locks.release(grant)),
    async stealLock(name, owner, now, ttlMs, note) {
      checkStoreName(name);
      const takeOverUntil = Number.POSITIVE_INFINITY;
      const claim = { name, owner, takeOverUntil, expiresAt: lockExpiry(now, ttlMs), note };
      const taken = await write(() => tables.locks.claim(claim));
      invariant(taken.ok, 'nobody can refuse a stolen lock');
      return taken.grant;
    },
    async close() {
      if (db.isOpen) db.close();
    },
  };
};
