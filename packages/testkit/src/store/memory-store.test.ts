import { expect, it } from 'vitest';
import { type EntryChange, storeContract, type Tampering } from './contract/index.ts';
import { type MemoryState, memoryState } from './memory-state.ts';
import { memoryStore } from './memory-store.ts';

const changeEntry = (state: MemoryState, stream: string, seq: number, change: EntryChange): void => {
  const entries = state.journal.get(stream) ?? [];
  state.journal.set(
    stream,
    entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry)),
  );
};

const tamper = (state: MemoryState, tampering: Tampering): void => {
  switch (tampering.kind) {
    case 'change-entry':
      changeEntry(state, tampering.stream, tampering.seq, tampering.change);
      return;
    case 'drop-entry': {
      const left = (state.journal.get(tampering.stream) ?? []).filter(({ seq }) => seq !== tampering.seq);
      state.journal.set(tampering.stream, left);
      return;
    }
    case 'add-entry':
      state.journal.get(tampering.entry.stream)?.push(tampering.entry);
      return;
    case 'set-head':
      state.heads.set(tampering.stream, { seq: tampering.seq, hash: tampering.hash });
      return;
    case 'drop-head':
      state.heads.delete(tampering.stream);
      return;
  }
};

storeContract('memory', async () => {
  const state = memoryState();
  return {
    open: async () => memoryStore({ state }),
    tamper: async (tampering) => tamper(state, tampering),
    dispose: async () => {},
  };
});

const write = (expectedVersion: number) => ({
  writes: [{ key: 'a', expectedVersion, value: expectedVersion }],
  append: [{ stream: 's', type: 'n', at: 0, payload: expectedVersion }],
});

it('fails before the commit with nothing written', async () => {
  const store = memoryStore();
  store.failNext('before-commit');
  await expect(store.transact(write(0))).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(await store.get('a')).toBeUndefined();
  expect(await store.transact(write(0))).toMatchObject({ ok: true });
});

it('loses the acknowledgement after the commit with all of it written', async () => {
  const store = memoryStore();
  store.failNext('after-commit');
  await expect(store.transact(write(0))).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(await store.reopen().get('a')).toEqual({ key: 'a', version: 1, value: 0 });
  expect(await store.readJournal('s', 0, 9)).toHaveLength(1);
});

it('is full as often as it was told, for locks too, and then works again', async () => {
  const store = memoryStore();
  store.failNext('full', 2);
  await expect(store.acquireLock('l', 'me', 0, 1, '')).rejects.toMatchObject({ code: 'store-full' });
  await expect(store.transact(write(0))).rejects.toMatchObject({ code: 'store-full' });
  expect(await store.transact(write(0))).toMatchObject({ ok: true });
  expect(await store.acquireLock('l', 'me', 0, 1, '')).toMatchObject({ ok: true, grant: { fencingToken: 1 } });
});

it('asks a plan before each write, by method and place, and never before a read', async () => {
  const asked: string[] = [];
  const store = memoryStore({
    faults: ({ method, index }) => {
      asked.push(`${index} ${method}`);
      return index === 2 ? 'before-commit' : undefined;
    },
  });
  const grant = await store.stealLock('l', 'me', 0, 1, '');
  await store.transact(write(0));
  await store.get('a');
  await store.streams();
  await expect(store.renewLock(grant, 0, 5)).rejects.toMatchObject({ code: 'store-unavailable' });
  await store.releaseLock(grant);
  await store.acquireLock('l', 'me', 0, 1, '');
  expect(asked).toEqual(['0 stealLock', '1 transact', '2 renewLock', '3 releaseLock', '4 acquireLock']);
});

it('stays open where another store over the same state was closed', async () => {
  const store = memoryStore();
  const other = store.reopen();
  await other.close();
  expect(await store.transact(write(0))).toMatchObject({ ok: true });
  expect(await store.reopen().list('')).toHaveLength(1);
});
