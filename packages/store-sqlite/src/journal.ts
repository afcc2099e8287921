import type { DatabaseSync } from 'node:sqlite';
import {
  type ChainFault,
  type ChainHead,
  GENESIS_HEAD,
  headFault,
  type JournalDraft,
  type JournalEntry,
  type Json,
  linkFault,
  sealEntry,
} from '@baton/core';
import { atOneMoment } from './connection.ts';
import { sha256 } from './sha256.ts';

/** Entries checked in one go; between two goes the event loop runs. */
export const VERIFY_CHUNK = 500;

interface JournalRow extends Omit<JournalEntry, 'payload'> {
  readonly payload: string;
}

/** A draft with its payload as it will be stored and read back. */
export interface StoredDraft extends JournalDraft {
  readonly text: string;
}

/** The chains of the store, by statements prepared once. */
export interface Journal {
  append(draft: StoredDraft): JournalEntry;
  read(stream: string, afterSeq: number, limit: number): readonly JournalEntry[];
  streams(): readonly string[];
  /** Checks the next entries after `reached`, and at the end of the chain its head. */
  check(stream: string, reached: ChainHead): ChainCheck;
}

/** One step along a chain: how far it is whole, and whether it broke there, goes on or ended. */
export type ChainCheck =
  | { readonly reached: ChainHead; readonly state: 'broken'; readonly fault: ChainFault }
  | { readonly reached: ChainHead; readonly state: 'more' | 'whole' };

const entryOf = (row: JournalRow): JournalEntry => ({ ...row, payload: JSON.parse(row.payload) });

/** A payload that is no JSON any more is a fault of the chain, not an error of the one who checks it. */
const parsed = (row: JournalRow): Json | undefined => {
  try {
    return JSON.parse(row.payload);
  } catch {
    return undefined;
  }
};

const rowFault = (reached: ChainHead, row: JournalRow): ChainFault | undefined => {
  const payload = parsed(row);
  if (payload !== undefined) return linkFault(reached, { ...row, payload }, sha256);
  return { stream: row.stream, seq: row.seq, problem: `entry ${row.seq} was changed: its payload is not JSON` };
};

export const journal = (db: DatabaseSync): Journal => {
  const head = db.prepare('SELECT seq, hash FROM heads WHERE stream = ?');
  const setHead = db.prepare(
    `INSERT INTO heads (stream, seq, hash) VALUES (?, ?, ?)
     ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
  );
  const insert = db.prepare(
    'INSERT INTO journal (stream, seq, type, at, payload, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const read = db.prepare(
    `SELECT stream, seq, type, at, payload, previous_hash AS previousHash, hash FROM journal
     WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  // One step down the index for each name, not one for each entry. Both tables: one of them may have lost a stream.
  const streams = db.prepare(
    `WITH RECURSIVE journaled(stream) AS (
       SELECT min(stream) FROM journal
       UNION ALL
       SELECT (SELECT min(journal.stream) FROM journal WHERE journal.stream > journaled.stream)
       FROM journaled WHERE journaled.stream IS NOT NULL)
     SELECT stream FROM journaled WHERE stream IS NOT NULL UNION SELECT stream FROM heads ORDER BY stream`,
  );

  const headOf = (stream: string): ChainHead => (head.get(stream) as ChainHead | undefined) ?? GENESIS_HEAD;
  const rows = (stream: string, afterSeq: number, limit: number): JournalRow[] =>
    read.all(stream, afterSeq, limit) as unknown as JournalRow[];

  return {
    append({ text, ...draft }) {
      const entry = sealEntry(headOf(draft.stream), { ...draft, payload: JSON.parse(text) }, sha256);
      insert.run(entry.stream, entry.seq, entry.type, entry.at, text, entry.previousHash, entry.hash);
      setHead.run(entry.stream, entry.seq, entry.hash);
      return entry;
    },
    read: (stream, afterSeq, limit) => rows(stream, afterSeq, limit).map(entryOf),
    streams: () => streams.all().map((row) => String(row.stream)),
    check(stream, from) {
      return atOneMoment(db, () => {
        let reached = from;
        const chunk = rows(stream, from.seq, VERIFY_CHUNK);
        for (const row of chunk) {
          const fault = rowFault(reached, row);
          if (fault !== undefined) return { reached, state: 'broken', fault };
          reached = { seq: row.seq, hash: row.hash };
        }
        if (chunk.length === VERIFY_CHUNK) return { reached, state: 'more' };
        const fault = headFault(stream, reached, headOf(stream));
        return fault === undefined ? { reached, state: 'whole' } : { reached, state: 'broken', fault };
      });
    },
  };
};
