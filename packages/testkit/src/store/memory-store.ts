import { createHash } from 'node:crypto';
import {
  BatonError,
  type ChainHead,
  checkJournalRange,
  checkStoreName,
  checkTransaction,
  GENESIS_HEAD,
  headFault,
  type JournalDraft,
  type JournalEntry,
  linkFault,
  type Store,
  type StoredRecord,
  sealEntry,
  storedJson,
  type Transaction,
  type TransactionResult,
} from '@baton/core';
import { memoryLocks } from './memory-locks.ts';
import { type MemoryState, memoryState } from './memory-state.ts';
import { type StoreFault, type StoreFaultPlan, type StoreWrite, storeFaultError } from './store-faults.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const inByteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A {@link Store} in memory, with faults on demand. */
export interface MemoryStore extends Store {
  /** The next `times` writes fail in this way; later calls queue behind earlier ones. */
  failNext(fault: StoreFault, times?: number): void;
  /** Another store over the same state: what a second process, or the same one after a crash, would open. */
  reopen(): MemoryStore;
  /** What a disk would hold; for a test that tampers with it. */
  readonly state: MemoryState;
}

export interface MemoryStoreOptions {
  readonly state?: MemoryState;
  /** Asked before each write; {@link MemoryStore.failNext} goes first. */
  readonly faults?: StoreFaultPlan;
}

const recordOf = (state: MemoryState, key: string): StoredRecord | undefined => {
  const row = state.records.get(key);
  return row && { key, version: row.version, value: JSON.parse(row.text) };
};

const copyOf = (entry: JournalEntry): JournalEntry => ({ ...entry, payload: JSON.parse(storedJson(entry.payload)) });

const refusal = (
  state: MemoryState,
  transaction: Transaction,
): Extract<TransactionResult, { ok: false }> | undefined => {
  const { fence, writes = [] } = transaction;
  if (fence !== undefined) {
    const lock = state.locks.get(fence.lock);
    if (lock?.held !== true || lock.fencingToken !== fence.fencingToken) {
      return { ok: false, reason: 'fenced', lock: fence.lock, current: lock?.fencingToken ?? 0 };
    }
  }
  for (const { key, expectedVersion } of writes) {
    const actual = recordOf(state, key);
    if ((actual?.version ?? 0) !== expectedVersion) return { ok: false, reason: 'conflict', key, actual };
  }
  return undefined;
};

const appendTo = (state: MemoryState, draft: JournalDraft): JournalEntry => {
  const head: ChainHead = state.heads.get(draft.stream) ?? GENESIS_HEAD;
  const entry = sealEntry(head, draft, sha256);
  const entries = state.journal.get(draft.stream) ?? [];
  entries.push(entry);
  state.journal.set(draft.stream, entries);
  state.heads.set(draft.stream, { seq: entry.seq, hash: entry.hash });
  return copyOf(entry);
};

const commit = (state: MemoryState, transaction: Transaction): TransactionResult => {
  const refused = refusal(state, transaction);
  if (refused !== undefined) return refused;
  // Everything is turned into text before anything is written: a value without a JSON form changes nothing.
  const rows = (transaction.writes ?? []).map(({ value, ...write }) => ({ ...write, text: storedJson(value) }));
  const drafts = (transaction.append ?? []).map((draft) => ({
    ...draft,
    payload: JSON.parse(storedJson(draft.payload)),
  }));
  for (const { key, expectedVersion, text } of rows) state.records.set(key, { version: expectedVersion + 1, text });
  return { ok: true, entries: drafts.map((draft) => appendTo(state, draft)) };
};

/** The store contract in memory: the same semantics as on disk, for tests and simulations. */
export const memoryStore = (options: MemoryStoreOptions = {}): MemoryStore => {
  const state = options.state ?? memoryState();
  const queued: StoreFault[] = [];
  let index = 0;
  let open = true;

  const assertOpen = (): void => {
    if (open) return;
    throw new BatonError('store-unavailable', 'The state store was closed.', {
      fault: 'bug',
      hint: 'Open the store again.',
    });
  };
  const write = <T>(method: StoreWrite['method'], work: () => T): T => {
    assertOpen();
    const planned = options.faults?.({ method, index: index++ });
    const fault = queued.shift() ?? planned;
    if (fault === 'before-commit' || fault === 'full') throw storeFaultError(fault);
    const result = work();
    if (fault === 'after-commit') throw storeFaultError(fault);
    return result;
  };

  return {
    state,
    ...memoryLocks(state, write),
    failNext(fault, times = 1) {
      for (let i = 0; i < times; i += 1) queued.push(fault);
    },
    reopen: () => memoryStore({ ...options, state }),
    async get(key) {
      assertOpen();
      checkStoreName(key);
      return recordOf(state, key);
    },
    async list(prefix) {
      assertOpen();
      const keys = [...state.records.keys()].filter((key) => key.startsWith(prefix)).sort(inByteOrder);
      return keys.flatMap((key) => recordOf(state, key) ?? []);
    },
    async transact(transaction) {
      checkTransaction(transaction);
      return write('transact', () => commit(state, transaction));
    },
    async readJournal(stream, afterSeq, limit) {
      assertOpen();
      checkStoreName(stream);
      checkJournalRange(afterSeq, limit);
      const entries = state.journal.get(stream) ?? [];
      return entries
        .filter((entry) => entry.seq > afterSeq)
        .slice(0, limit)
        .map(copyOf);
    },
    async streams() {
      assertOpen();
      return [...new Set([...state.heads.keys(), ...state.journal.keys()])].sort(inByteOrder);
    },
    async verifyJournal(stream) {
      assertOpen();
      checkStoreName(stream);
      let reached: ChainHead = GENESIS_HEAD;
      for (const entry of state.journal.get(stream) ?? []) {
        const fault = linkFault(reached, entry, sha256);
        if (fault !== undefined) return fault;
        reached = { seq: entry.seq, hash: entry.hash };
      }
      return headFault(stream, reached, state.heads.get(stream) ?? GENESIS_HEAD);
    },
    async close() {
      open = false;
    },
  };
};
