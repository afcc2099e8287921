import { DatabaseSync } from 'node:sqlite';
import { createSchema, hasSchema } from './schema.ts';
import { storeUnavailable } from './sqlite-errors.ts';

/** All of `work` is durable when this returns, or none of it is. The write lock is taken at once, so reads within hold. */
export const atomically = <T>(db: DatabaseSync, work: () => T): T => {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back after some failures (a full disk), and not after others.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
};

/** Reads that all see the same moment. */
export const atOneMoment = <T>(db: DatabaseSync, work: () => T): T => {
  db.exec('BEGIN');
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
};

/**
 * Makes an open database ours. May meet a busy one, and may then simply be called again.
 *
 * The tables come before the write-ahead log: so they are in the main file, and a file that has lost its log
 * is still known as a store, never mistaken for a new one whose tokens start at 1.
 */
export const prepareConnection = (db: DatabaseSync, file: string): void => {
  // A lost power supply must not take back an acknowledged grant: WAL alone would sync only at checkpoints.
  db.exec('PRAGMA synchronous = FULL');
  if (!hasSchema(db, file)) {
    atomically(db, () => {
      if (!hasSchema(db, file)) createSchema(db);
    });
  }
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode === 'wal') return;
  throw storeUnavailable(
    file,
    `its file system allows no write-ahead log (journal mode ${String(mode)})`,
    'Put the state directory on a local disk.',
  );
};

/** Opens without waiting for locks inside SQLite, where a wait would stop the whole event loop. */
export const openConnection = (file: string): DatabaseSync => new DatabaseSync(file, { timeout: 0 });
