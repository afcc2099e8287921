import { storedJson, type Transaction, type TransactionResult } from '@baton/core';
import type { Journal } from './journal.ts';
import type { Locks } from './locks.ts';
import type { Records } from './records.ts';

/** The rooms of the store that one transaction goes through. */
export interface Tables {
  readonly records: Records;
  readonly journal: Journal;
  readonly locks: Locks;
}

type Refusal = Extract<TransactionResult, { ok: false }>;

const refusal = ({ fence, writes = [] }: Transaction, { locks, records }: Tables): Refusal | undefined => {
  if (fence !== undefined) {
    const { fencingToken, held } = locks.standing(fence.lock);
    if (!held || fencingToken !== fence.fencingToken) {
      return { ok: false, reason: 'fenced', lock: fence.lock, current: fencingToken };
    }
  }
  for (const { key, expectedVersion } of writes) {
    const actual = records.get(key);
    if ((actual?.version ?? 0) !== expectedVersion) return { ok: false, reason: 'conflict', key, actual };
  }
  return undefined;
};

/**
 * The body of a transaction, to be run once the write lock is held. Everything is checked before anything is
 * written: a refused transaction leaves nothing to undo.
 */
export const transactionBody = (transaction: Transaction, tables: Tables): (() => TransactionResult) => {
  const writes = (transaction.writes ?? []).map((write) => ({ ...write, text: storedJson(write.value) }));
  const drafts = (transaction.append ?? []).map((draft) => ({ ...draft, text: storedJson(draft.payload) }));
  return () => {
    const refused = refusal(transaction, tables);
    if (refused !== undefined) return refused;
    for (const { key, expectedVersion, text } of writes) tables.records.put(key, expectedVersion + 1, text);
    return { ok: true, entries: drafts.map((draft) => tables.journal.append(draft)) };
  };
};
