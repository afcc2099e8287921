import { createHash } from 'node:crypto';
import type { JournalEntry } from '@baton/core';
import { sealEntry } from '@baton/core';
import { describe, expect, it } from 'vitest';
import type { ContractContext, Tampering } from './store-fixture.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const LENGTH = 1_203;

/** What `verifyJournal` finds. */
export const tamperContract = ({ store, tamper }: ContractContext): void => {
  const written = async (length: number): Promise<readonly JournalEntry[]> => {
    const append = Array.from({ length }, (_, i) => ({ stream: 's', type: 'n', at: i, payload: { i } }));
    const result = await store().transact({ append: [...append, { stream: 't', type: 'n', at: 0, payload: 0 }] });
    return result.ok ? result.entries.slice(0, length) : [];
  };

  describe('verifying the journal', () => {
    it.each<[string, number, RegExp, Tampering]>([
      [
        'a payload',
        2,
        /entry 2 was changed/,
        { kind: 'change-entry', stream: 's', seq: 2, change: { payload: { i: 9 } } },
      ],
      ['a type', 1, /entry 1 was changed/, { kind: 'change-entry', stream: 's', seq: 1, change: { type: 'other' } }],
      ['a time', 3, /entry 3 was changed/, { kind: 'change-entry', stream: 's', seq: 3, change: { at: 99 } }],
      [
        'a hash',
        2,
        /entry 2 was changed/,
        { kind: 'change-entry', stream: 's', seq: 2, change: { hash: 'ab'.repeat(32) } },
      ],
      [
        'the hash of the last entry',
        4,
        /entry 4 was changed/,
        { kind: 'change-entry', stream: 's', seq: 4, change: { hash: 'ab'.repeat(32) } },
      ],
      [
        'the hash of the entry before',
        3,
        /entry 3 does not name the hash of entry 2/,
        { kind: 'change-entry', stream: 's', seq: 3, change: { previousHash: 'ab'.repeat(32) } },
      ],
    ])('finds %s that was changed', async (_, seq, problem, tampering) => {
      await written(4);
      await tamper(tampering);
      expect(await store().verifyJournal('s')).toEqual({ stream: 's', seq, problem: expect.stringMatching(problem) });
      expect(await store().verifyJournal('t')).toBeUndefined();
    });

    it.each([1, 2, 3])('finds that entry %d of 4 is gone', async (seq) => {
      await written(4);
      await tamper({ kind: 'drop-entry', stream: 's', seq });
      expect(await store().verifyJournal('s')).toEqual({
        stream: 's',
        seq,
        problem: `entry ${seq} is missing: entry ${seq + 1} follows entry ${seq - 1}`,
      });
    });

    it('finds a tail that was cut, although what is left is a whole chain', async () => {
      await written(4);
      await tamper({ kind: 'drop-entry', stream: 's', seq: 4 });
      await tamper({ kind: 'drop-entry', stream: 's', seq: 3 });
      expect(await store().verifyJournal('s')).toEqual({
        stream: 's',
        seq: 3,
        problem: 'the journal was cut: it ends at entry 2, its head says 4',
      });
    });

    it('finds a stream of which nothing is left but its head, and still names it', async () => {
      await written(1);
      await tamper({ kind: 'drop-entry', stream: 's', seq: 1 });
      expect(await store().streams()).toEqual(['s', 't']);
      expect(await store().verifyJournal('s')).toMatchObject({ seq: 1, problem: expect.stringMatching(/was cut/) });
    });

    it('finds a head that is gone, and still names the stream', async () => {
      await written(2);
      await tamper({ kind: 'drop-head', stream: 's' });
      expect(await store().streams()).toEqual(['s', 't']);
      expect(await store().verifyJournal('s')).toEqual({
        stream: 's',
        seq: 1,
        problem: 'entry 1 stands past the head, which says 0',
      });
    });

    it('finds a head that names another hash', async () => {
      await written(3);
      await tamper({ kind: 'set-head', stream: 's', seq: 3, hash: 'ab'.repeat(32) });
      expect(await store().verifyJournal('s')).toEqual({
        stream: 's',
        seq: 3,
        problem: 'the head names another hash for entry 3',
      });
    });

    it('finds a head that was moved back to hide the last entry', async () => {
      const entries = await written(3);
      await tamper({ kind: 'set-head', stream: 's', seq: 2, hash: entries[1]?.hash ?? '' });
      expect(await store().verifyJournal('s')).toMatchObject({
        seq: 3,
        problem: expect.stringMatching(/past the head/),
      });
    });

    it('finds an entry that was added with a right hash but not through the store', async () => {
      const entries = await written(2);
      const last = entries[1];
      if (last === undefined) throw new Error('two entries were written');
      await tamper({
        kind: 'add-entry',
        entry: sealEntry(last, { stream: 's', type: 'n', at: 9, payload: 9 }, sha256),
      });
      expect(await store().verifyJournal('s')).toMatchObject({
        seq: 3,
        problem: expect.stringMatching(/past the head/),
      });
    });

    it.each([500, 501, 1_000, 1_202, LENGTH])('finds a change to entry %d of a long chain', async (seq) => {
      await written(LENGTH);
      await tamper({ kind: 'change-entry', stream: 's', seq, change: { payload: { i: -1 } } });
      expect(await store().verifyJournal('s')).toMatchObject({ stream: 's', seq });
    });

    it.each([500, 1_000])('finds that a long chain was cut after entry %d', async (length) => {
      await written(length + 1);
      await tamper({ kind: 'drop-entry', stream: 's', seq: length + 1 });
      expect(await store().verifyJournal('s')).toMatchObject({
        seq: length + 1,
        problem: expect.stringMatching(/was cut/),
      });
    });
  });
};
