import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { BatonError, type ChainFault } from '@baton/core';
import { type Journal, journal } from './journal.ts';
import { fileBytes } from './private-file.ts';
import { hasSchema } from './schema.ts';
import { storeCorrupt, storeError, storeMissing } from './sqlite-errors.ts';
import { walkChain } from './walk-chain.ts';

/** Contradictions listed at most; one is enough to distrust the file. */
const PROBLEM_LIMIT = 20;

/** What was found along one chain. */
export interface StreamAudit {
  readonly stream: string;
  /** Entries that are whole, from the first on. */
  readonly entries: number;
  /** Hash of the last of them: to compare with one that was noted elsewhere, which alone can show a rewritten chain. */
  readonly hash: string;
  readonly fault: ChainFault | undefined;
}

export interface FileAudit {
  readonly file: string;
  /** Neither a damaged page nor a broken chain. */
  readonly ok: boolean;
  /** What SQLite itself found wrong with the file, at most 20 lines. */
  readonly problems: readonly string[];
  readonly streams: readonly StreamAudit[];
}

const openReadOnly = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    hasSchema(db, file);
    return db;
  } catch (error) {
    db.close();
    // A read-only directory has no room for the log's index. Without a log none is needed, and nobody can be writing.
    if (error instanceof BatonError || fileBytes(`${file}-wal`) > 0) throw error;
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    return new DatabaseSync(url, { readOnly: true });
  }
};

const problemsOf = (db: DatabaseSync): string[] => {
  const lines = db
    .prepare(`PRAGMA integrity_check(${PROBLEM_LIMIT})`)
    .all()
    .map((row) => String(row.integrity_check));
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
};

const auditStream = async (journaled: Journal, stream: string): Promise<StreamAudit> => {
  const end = await walkChain((reached) => journaled.check(stream, reached));
  const { seq: entries, hash } = end.reached;
  return { stream, entries, hash, fault: end.state === 'broken' ? end.fault : undefined };
};

/**
 * Checks a store's file without opening it as a store: no byte of it is changed, and writers are not held up. SQLite
 * may leave an empty `-wal` and a `-shm` beside it, as every reader of a write-ahead log does.
 * @throws BatonError `store-missing`; `store-corrupt` where it cannot be read as a store at all; `store-too-new`
 */
export const auditFile = async (path: string): Promise<FileAudit> => {
  const file = resolve(path);
  if (fileBytes(file) === 0) throw storeMissing(file);
  try {
    using db = openReadOnly(file);
    if (!hasSchema(db, file)) throw storeCorrupt(file, 'it holds no tables');
    const problems = problemsOf(db);
    const journaled = journal(db);
    const streams: StreamAudit[] = [];
    for (const stream of journaled.streams()) streams.push(await auditStream(journaled, stream));
    const ok = problems.length === 0 && streams.every(({ fault }) => fault === undefined);
    return { file, ok, problems, streams };
  } catch (error) {
    throw storeError(error, file);
  }
};
