import type { Json, Transaction } from '@baton/core';
import { describe, expect, it } from 'vitest';
import type { ContractContext } from './store-fixture.ts';

const write = (key: string, expectedVersion: number, value: Json = key) => ({ key, expectedVersion, value });
const entry = (type: string, stream = 'app/local') => ({ stream, type, at: 1, payload: { type } });

/** All or nothing, and under the lock that was shown. */
export const transactionContract = ({ store }: ContractContext): void => {
  const everything = async () => ({
    records: (await store().list('')).map(({ key, version }) => `${key}@${version}`),
    types: (await store().readJournal('app/local', 0, 100)).map(({ type }) => type),
  });

  describe('transactions', () => {
    it('does all of it: records, entries, under a fence', async () => {
      const { fencingToken } = await store().stealLock('driver', 'me', 0, 10, '');
      const result = await store().transact({
        writes: [write('a', 0), write('b', 0)],
        append: [entry('one'), entry('two')],
        fence: { lock: 'driver', fencingToken },
      });
      expect(result).toMatchObject({ ok: true, entries: [{ seq: 1 }, { seq: 2 }] });
      expect(await everything()).toEqual({ records: ['a@1', 'b@1'], types: ['one', 'two'] });
    });

    it('does none of it where one record conflicts, whichever it is', async () => {
      await store().transact({ writes: [write('b', 0)] });
      for (const writes of [
        [write('b', 0), write('a', 0)],
        [write('a', 0), write('b', 0)],
      ]) {
        const result = await store().transact({ writes, append: [entry('x')] });
        expect(result).toMatchObject({ ok: false, reason: 'conflict', key: 'b', actual: { version: 1 } });
      }
      expect(await everything()).toEqual({ records: ['b@1'], types: [] });
    });

    it('names the first of several conflicts', async () => {
      const result = await store().transact({ writes: [write('b', 4), write('a', 4)] });
      expect(result).toMatchObject({ ok: false, key: 'b' });
    });

    it('accepts an empty one, and one that only asks whether the fence stands', async () => {
      expect(await store().transact({})).toEqual({ ok: true, entries: [] });
      const { fencingToken } = await store().stealLock('driver', 'me', 0, 10, '');
      const fence = { lock: 'driver', fencingToken };
      expect(await store().transact({ fence })).toEqual({ ok: true, entries: [] });
    });

    it('refuses who lost the lock, and changes nothing, even where a record would conflict too', async () => {
      const mine = await store().stealLock('driver', 'me', 0, 10, '');
      await store().stealLock('driver', 'you', 0, 10, '');
      const late: Transaction = {
        writes: [write('a', 7)],
        append: [entry('late')],
        fence: { lock: 'driver', fencingToken: mine.fencingToken },
      };
      expect(await store().transact(late)).toEqual({ ok: false, reason: 'fenced', lock: 'driver', current: 2 });
      expect(await everything()).toEqual({ records: [], types: [] });
    });

    it('refuses a token that was never given, and a lock that nobody ever took', async () => {
      await store().stealLock('driver', 'me', 0, 10, '');
      const shown = async (lock: string, fencingToken: number) =>
        store().transact({ writes: [write('a', 0)], fence: { lock, fencingToken } });
      expect(await shown('driver', 2)).toEqual({ ok: false, reason: 'fenced', lock: 'driver', current: 1 });
      expect(await shown('driver', 0)).toEqual({ ok: false, reason: 'fenced', lock: 'driver', current: 1 });
      expect(await shown('other', 1)).toEqual({ ok: false, reason: 'fenced', lock: 'other', current: 0 });
      expect(await shown('other', 0)).toEqual({ ok: false, reason: 'fenced', lock: 'other', current: 0 });
      expect(await store().list('')).toEqual([]);
    });

    it('refuses who released the lock', async () => {
      const grant = await store().stealLock('driver', 'me', 0, 10, '');
      await store().releaseLock(grant);
      const fence = { lock: 'driver', fencingToken: grant.fencingToken };
      expect(await store().transact({ writes: [write('a', 0)], fence })).toMatchObject({ ok: false, reason: 'fenced' });
      expect(await store().get('a')).toBeUndefined();
    });

    it('lets a holder go on whose time ended while nobody took the lock over', async () => {
      const { fencingToken } = await store().stealLock('driver', 'me', 0, 1, '');
      const fence = { lock: 'driver', fencingToken };
      expect(await store().transact({ writes: [write('a', 0)], fence })).toMatchObject({ ok: true });
    });

    it.each<[string, Transaction]>([
      ['one record twice', { writes: [write('a', 0), write('a', 1)] }],
      ['a negative version', { writes: [write('a', -1)] }],
      ['half a version', { writes: [write('a', 0.5)] }],
      ['an entry at no time', { writes: [write('a', 0)], append: [{ ...entry('x'), at: Number.NaN }] }],
      ['an entry without a stream', { writes: [write('a', 0)], append: [entry('x', '')] }],
      ['an entry without a type', { writes: [write('a', 0)], append: [entry('')] }],
      [
        'a value without a JSON form',
        { writes: [write('a', 0), { ...write('b', 0), value: undefined as unknown as Json }] },
      ],
      [
        'a payload without a JSON form',
        { writes: [write('a', 0)], append: [entry('x'), { ...entry('y'), payload: (() => 1) as unknown as Json }] },
      ],
    ])('refuses %s as a fault of its caller, and writes nothing', async (_, transaction) => {
      await expect(store().transact(transaction)).rejects.toMatchObject({ code: 'invariant-broken', fault: 'bug' });
      expect(await everything()).toEqual({ records: [], types: [] });
    });

    it('lets exactly one of many writers of the same version through', async () => {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          store().transact({ writes: [write('a', 0, i)], append: [entry(`by ${i}`)] }),
        ),
      );
      const winners = results.flatMap((result, i) => (result.ok ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(await store().get('a')).toEqual({ key: 'a', version: 1, value: winners[0] });
      expect((await everything()).types).toEqual([`by ${winners[0]}`]);
    });
  });
};
