import { createHash } from 'node:crypto';
import { chainInput, GENESIS_HASH, type JournalEntry, type Json } from '@baton/core';
import { describe, expect, it } from 'vitest';
import type { ContractContext } from './store-fixture.ts';

/** The append-only chains. */
export const journalContract = ({ store, another }: ContractContext): void => {
  const append = async (stream: string, payload: Json, at = 5): Promise<JournalEntry> => {
    const result = await store().transact({ append: [{ stream, type: 'note', at, payload }] });
    const entry = result.ok ? result.entries[0] : undefined;
    if (entry === undefined) throw new Error('an append without a fence is never refused');
    return entry;
  };

  describe('the journal', () => {
    it('is empty and whole before the first entry', async () => {
      expect(await store().readJournal('s', 0, 10)).toEqual([]);
      expect(await store().streams()).toEqual([]);
      expect(await store().verifyJournal('s')).toBeUndefined();
    });

    it('chains each entry to the one before it by SHA-256 over what the entry says', async () => {
      const first = await append('s', { z: 1, a: [true, 'é'] }, 1_700_000_000_000.5);
      const second = await append('s', null);
      expect(first).toMatchObject({
        stream: 's',
        seq: 1,
        type: 'note',
        at: 1_700_000_000_000.5,
        previousHash: GENESIS_HASH,
      });
      expect(second).toMatchObject({ seq: 2, previousHash: first.hash });
      for (const entry of [first, second]) {
        const input = chainInput(entry.previousHash, entry.seq, entry);
        expect(entry.hash).toBe(createHash('sha256').update(input).digest('hex'));
      }
    });

    it('gives back what it answered when it was appended, in this store and in the next', async () => {
      const entries = [await append('s', { a: 1 }), await append('s', ['💹\0\ud800', -0.5]), await append('s', '')];
      expect(await store().readJournal('s', 0, 10)).toEqual(entries);
      expect(await (await another()).readJournal('s', 0, 10)).toEqual(entries);
      expect(await store().verifyJournal('s')).toBeUndefined();
    });

    it('hashes a value as it is stored, so that what JSON leaves out does not break the chain', async () => {
      const payload = { kept: 1, left: undefined, when: new Date(0), not: Number.NaN } as unknown as Json;
      const entry = await append('s', payload);
      expect(entry.payload).toEqual({ kept: 1, when: '1970-01-01T00:00:00.000Z', not: null });
      expect(await store().readJournal('s', 0, 1)).toEqual([entry]);
      expect(await store().verifyJournal('s')).toBeUndefined();
    });

    it('numbers several entries of one transaction in their order, each stream for itself', async () => {
      const drafts = ['s', 't', 's', 's'].map((stream, i) => ({ stream, type: `type ${i}`, at: i, payload: i }));
      const result = await store().transact({ append: drafts });
      const entries = result.ok ? result.entries : [];
      expect(entries.map(({ stream, seq, type }) => `${stream}${seq} ${type}`)).toEqual([
        's1 type 0',
        't1 type 1',
        's2 type 2',
        's3 type 3',
      ]);
      expect(entries[1]?.previousHash).toBe(GENESIS_HASH);
      expect(entries[2]?.previousHash).toBe(entries[0]?.hash);
      expect(await store().readJournal('s', 0, 10)).toEqual([entries[0], entries[2], entries[3]]);
      expect(await store().streams()).toEqual(['s', 't']);
      expect(await store().verifyJournal('s')).toBeUndefined();
      expect(await store().verifyJournal('t')).toBeUndefined();
    });

    it('reads on from a place, oldest first, up to a number of entries', async () => {
      for (let i = 1; i <= 12; i += 1) await append('s', i);
      const seqs = async (after: number, limit: number) =>
        (await store().readJournal('s', after, limit)).map(({ seq }) => seq);
      expect(await seqs(0, 3)).toEqual([1, 2, 3]);
      expect(await seqs(3, 2)).toEqual([4, 5]);
      expect(await seqs(9, 100)).toEqual([10, 11, 12]);
      expect(await seqs(12, 5)).toEqual([]);
      expect(await seqs(0, 0)).toEqual([]);
    });

    it.each([
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [0, Number.POSITIVE_INFINITY],
    ])('refuses to read from %d up to %d entries', async (after, limit) => {
      await expect(store().readJournal('s', after, limit)).rejects.toMatchObject({ code: 'invariant-broken' });
    });

    it.each(['', '\ud800'])('refuses a stream that cannot have a name (%j)', async (stream) => {
      await expect(store().readJournal(stream, 0, 1)).rejects.toMatchObject({ code: 'invariant-broken' });
      await expect(store().verifyJournal(stream)).rejects.toMatchObject({ code: 'invariant-broken' });
    });

    it('names its streams in byte order', async () => {
      for (const stream of ['b', 'a/2', 'a/10', '\u{1F4B9}', '\uFFFD', 'a']) await append(stream, 1);
      expect(await store().streams()).toEqual(['a', 'a/10', 'a/2', 'b', '\uFFFD', '\u{1F4B9}']);
    });

    it('does not let a reader change what was said', async () => {
      const entry = await append('s', { list: [1] });
      (entry.payload as { list: number[] }).list.push(2);
      for (const read of await store().readJournal('s', 0, 1)) (read.payload as { list: number[] }).list.push(3);
      expect((await store().readJournal('s', 0, 1))[0]?.payload).toEqual({ list: [1] });
      expect(await store().verifyJournal('s')).toBeUndefined();
    });

    it('keeps one chain where two stores append in turn', async () => {
      const other = await another();
      for (let i = 0; i < 6; i += 1) {
        const writer = i % 2 === 0 ? store() : other;
        await writer.transact({ append: [{ stream: 's', type: 'turn', at: i, payload: i }] });
      }
      expect((await other.readJournal('s', 0, 10)).map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(await store().verifyJournal('s')).toBeUndefined();
    });

    it('verifies a chain that is longer than one reading', async () => {
      const append = Array.from({ length: 1_200 }, (_, i) => ({ stream: 'long', type: 'n', at: i, payload: i }));
      await store().transact({ append });
      expect(await store().verifyJournal('long')).toBeUndefined();
    });
  });
};
