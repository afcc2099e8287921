import type { Json, Store, StoredRecord, Transaction } from '@baton/core';
import { type MemoryStore, storeFaultError } from '../../store/index.ts';
import type { SimProcess } from '../sim-process.ts';
import type { SimWorld } from '../world/world.ts';
import { portCall } from './call.ts';

type Row = { readonly version: number; readonly text: string };

/** What is read is shared and must not be changed; the memory store's own copies would cost most of a run. */
const readRows = new WeakMap<Row, StoredRecord>();
const read = (store: MemoryStore, key: string): StoredRecord | undefined => {
  const row = store.state.records.get(key);
  if (row === undefined) return undefined;
  let record = readRows.get(row);
  if (record === undefined) {
    record = { key, version: row.version, value: JSON.parse(row.text) as Json };
    readRows.set(row, record);
  }
  return record;
};

/** Somebody else writes the same value again: nothing changed, and yet it is another version. */
const touch = (store: MemoryStore, { writes = [] }: Transaction): void => {
  const [first] = writes;
  const row = first === undefined ? undefined : store.state.records.get(first.key);
  if (first !== undefined && row !== undefined)
    store.state.records.set(first.key, { version: row.version + 1, text: row.text });
};

/** The store of a host as one process reaches it. */
export const simStore = (world: SimWorld, process: SimProcess): Store => {
  const { store } = world;
  const call = async <T>(method: string, subject: string, effect: () => T | Promise<T>): Promise<T> =>
    await portCall<T>(world, process, {
      port: 'store',
      method,
      subject,
      remote: false,
      timeoutMs: 0,
      effect,
      unanswered: () => {
        throw storeFaultError(world.injector.lastFault === 'store-full' ? 'full' : 'before-commit');
      },
    });
  const write = async <T>(method: string, subject: string, effect: () => Promise<T>): Promise<T> =>
    await call(method, subject, async () => {
      const result = await effect();
      world.changed();
      return result;
    });
  return {
    get: async (key) => await call('get', key, () => read(store, key)),
    list: async (prefix) =>
      await call('list', prefix, () =>
        [...store.state.records.keys()]
          .filter((key) => key.startsWith(prefix))
          .sort()
          .flatMap((key) => read(store, key) ?? []),
      ),
    readJournal: async (stream, afterSeq, limit) =>
      await call('readJournal', stream, () =>
        (store.state.journal.get(stream) ?? []).slice(afterSeq, afterSeq + limit),
      ),
    streams: async () => await call('streams', '', async () => await store.streams()),
    verifyJournal: async (stream) => await call('verifyJournal', stream, async () => await store.verifyJournal(stream)),
    transact: async (transaction) => {
      const subject = (transaction.append ?? []).map((entry) => entry.type).join(',');
      return await call('transact', subject, async () => {
        if (world.injector.lastFault === 'store-conflict') {
          world.injector.lastFault = undefined;
          touch(store, transaction);
        }
        const before = (transaction.writes ?? []).map(({ key }) => read(store, key)?.value);
        const result = await store.transact(transaction);
        if (result.ok) {
          world.changed();
          world.invariants.committed(transaction, result.entries, before, process);
        }
        return result;
      });
    },
    acquireLock: async (...given) =>
      await write('acquireLock', given[1], async () => await store.acquireLock(...given)),
    renewLock: async (...given) => await write('renewLock', '', async () => await store.renewLock(...given)),
    releaseLock: async (...given) => await write('releaseLock', '', async () => await store.releaseLock(...given)),
    stealLock: async (...given) => await write('stealLock', given[1], async () => await store.stealLock(...given)),
    close: async () => undefined,
  };
};
