import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreFixture, Tampering } from '@baton/testkit/store-contract';
import { openSqliteStore } from '../src/index.ts';

/** A directory of the test's own; removed when the block that holds it ends. */
export interface TemporaryDirectory extends Disposable {
  readonly path: string;
  /** The store's file in it. */
  readonly file: string;
}

export const temporaryDirectory = (): TemporaryDirectory => {
  const path = mkdtempSync(join(tmpdir(), 'baton-store-'));
  return {
    path,
    file: join(path, 'state.db'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
};

/** The triggers keep mistakes out; whoever tampers takes them away first. */
const WITHOUT_GUARDS = `DROP TRIGGER IF EXISTS journal_keeps_what_was_said;
DROP TRIGGER IF EXISTS journal_keeps_every_entry;`;

const COLUMNS = { type: 'type', at: 'at', hash: 'hash', previousHash: 'previous_hash', payload: 'payload' } as const;

/** Runs SQL on a store's file behind its back. */
export const tamperWith = (file: string, sql: string, ...values: (string | number)[]): void => {
  using db = new DatabaseSync(file, { timeout: 2_000 });
  db.exec(WITHOUT_GUARDS);
  db.prepare(sql).run(...values);
};

const changeEntry = (file: string, { stream, seq, change }: Extract<Tampering, { kind: 'change-entry' }>): void => {
  for (const [field, column] of Object.entries(COLUMNS)) {
    const value = change[field as keyof typeof COLUMNS];
    if (value === undefined) continue;
    const stored = field === 'payload' ? JSON.stringify(value) : (value as string | number);
    tamperWith(file, `UPDATE journal SET ${column} = ? WHERE stream = ? AND seq = ?`, stored, stream, seq);
  }
};

const tamper = (file: string, tampering: Tampering): void => {
  switch (tampering.kind) {
    case 'change-entry':
      changeEntry(file, tampering);
      return;
    case 'drop-entry':
      tamperWith(file, 'DELETE FROM journal WHERE stream = ? AND seq = ?', tampering.stream, tampering.seq);
      return;
    case 'add-entry': {
      const { stream, seq, type, at, payload, previousHash, hash } = tampering.entry;
      const row = [stream, seq, type, at, JSON.stringify(payload), previousHash, hash];
      tamperWith(file, 'INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)', ...row);
      return;
    }
    case 'set-head': {
      const { seq, hash, stream } = tampering;
      tamperWith(file, 'UPDATE heads SET seq = ?, hash = ? WHERE stream = ?', seq, hash, stream);
      return;
    }
    case 'drop-head':
      tamperWith(file, 'DELETE FROM heads WHERE stream = ?', tampering.stream);
      return;
  }
};

/** The fixture of the store contract on a real file. */
export const sqliteFixture = async (): Promise<StoreFixture> => {
  const directory = temporaryDirectory();
  return {
    open: () => openSqliteStore({ file: directory.file }),
    tamper: async (tampering) => tamper(directory.file, tampering),
    dispose: async () => directory[Symbol.dispose](),
  };
};
