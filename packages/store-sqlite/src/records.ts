import type { DatabaseSync } from 'node:sqlite';
import type { StoredRecord } from '@baton/core';

interface RecordRow {
  readonly key: string;
  readonly version: number;
  readonly value: string;
}

/** The records of the store, by statements prepared once. */
export interface Records {
  get(key: string): StoredRecord | undefined;
  list(prefix: string): readonly StoredRecord[];
  put(key: string, version: number, text: string): void;
}

const recordOf = ({ key, version, value }: RecordRow): StoredRecord => ({ key, version, value: JSON.parse(value) });

export const records = (db: DatabaseSync): Records => {
  const get = db.prepare('SELECT key, version, value FROM records WHERE key = ?');
  const list = db.prepare(
    'SELECT key, version, value FROM records WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key',
  );
  const put = db.prepare(
    `INSERT INTO records (key, version, value) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value`,
  );
  return {
    get(key) {
      const row = get.get(key) as RecordRow | undefined;
      return row && recordOf(row);
    },
    list: (prefix) => (list.all(prefix) as unknown as RecordRow[]).map(recordOf),
    put(key, version, text) {
      put.run(key, version, text);
    },
  };
};
