import type { Json } from '@baton/core';
import { describe, expect, it } from 'vitest';
import type { ContractContext } from './store-fixture.ts';

/** Records with compare-and-swap. */
export const recordContract = ({ store, another }: ContractContext): void => {
  const put = (key: string, expectedVersion: number, value: Json) =>
    store().transact({ writes: [{ key, expectedVersion, value }] });

  describe('records', () => {
    it('has no record before the first write', async () => {
      expect(await store().get('absent')).toBeUndefined();
      expect(await store().list('')).toEqual([]);
    });

    it('starts at version 1 and rises by one with each write', async () => {
      await put('a', 0, 'first');
      expect(await store().get('a')).toEqual({ key: 'a', version: 1, value: 'first' });
      await put('a', 1, 'second');
      await put('a', 2, 'third');
      expect(await store().get('a')).toEqual({ key: 'a', version: 3, value: 'third' });
    });

    it.each<[string, Json]>([
      ['null', null],
      ['false', false],
      ['zero', 0],
      ['an empty text', ''],
      ['a large number', Number.MAX_SAFE_INTEGER],
      ['a fraction', -0.1],
      ['text outside the basic plane, with a NUL and a lone surrogate', '💹 naïve\0\ud800'],
      ['a nested value', { list: [1, [true, null], { deep: 'é' }], empty: {} }],
    ])('gives back %s as it was written', async (_, value) => {
      await put('value', 0, value);
      expect((await store().get('value'))?.value).toEqual(value);
    });

    it('refuses to create a record that exists, and shows the one that does', async () => {
      await put('a', 0, { who: 'first' });
      expect(await put('a', 0, { who: 'second' })).toEqual({
        ok: false,
        reason: 'conflict',
        key: 'a',
        actual: { key: 'a', version: 1, value: { who: 'first' } },
      });
      expect(await store().get('a')).toEqual({ key: 'a', version: 1, value: { who: 'first' } });
    });

    it('refuses to write over a version that it has left behind, and one that it has not reached', async () => {
      await put('a', 0, 1);
      await put('a', 1, 2);
      for (const version of [1, 3]) {
        expect(await put('a', version, 9)).toMatchObject({ ok: false, actual: { version: 2, value: 2 } });
      }
      expect((await store().get('a'))?.value).toBe(2);
    });

    it('refuses to update a record that does not exist', async () => {
      expect(await put('a', 1, 'x')).toEqual({ ok: false, reason: 'conflict', key: 'a', actual: undefined });
      expect(await store().get('a')).toBeUndefined();
    });

    it('lists by prefix, in byte order of the keys, and treats no character of the prefix as a pattern', async () => {
      const keys = ['b/1', 'a/2', 'a/10', 'a', 'a%/1', 'a_/1', 'A/1', 'a/ü', 'a/\u{1F4B9}', 'a/\uFFFD'];
      for (const key of keys) await put(key, 0, key);
      const listed = async (prefix: string) => (await store().list(prefix)).map(({ key }) => key);
      expect(await listed('a/')).toEqual(['a/10', 'a/2', 'a/ü', 'a/\uFFFD', 'a/\u{1F4B9}']);
      expect(await listed('a%')).toEqual(['a%/1']);
      expect(await listed('a_')).toEqual(['a_/1']);
      expect(await listed('a')).toHaveLength(8);
      expect(await listed('')).toHaveLength(keys.length);
      expect(await listed('c')).toEqual([]);
      expect(await store().list('b')).toEqual([{ key: 'b/1', version: 1, value: 'b/1' }]);
    });

    it('keeps its own copy of a value', async () => {
      const value = { list: [1] };
      await put('a', 0, value);
      value.list.push(2);
      const read = (await store().get('a'))?.value as { list: number[] };
      expect(read).toEqual({ list: [1] });
      read.list.push(3);
      expect((await store().get('a'))?.value).toEqual({ list: [1] });
    });

    it('shows at once what another store over the same state wrote, and after it was closed', async () => {
      const other = await another();
      await other.transact({ writes: [{ key: 'a', expectedVersion: 0, value: 'theirs' }] });
      expect((await store().get('a'))?.value).toBe('theirs');
      await other.close();
      expect((await store().get('a'))?.value).toBe('theirs');
      expect((await (await another()).get('a'))?.value).toBe('theirs');
    });

    it.each(['', 'a\0b', '\ud800', 'x'.repeat(513)])(
      'refuses a name that not every backend can keep (%j)',
      async (key) => {
        await expect(put(key, 0, 1)).rejects.toMatchObject({ code: 'invariant-broken' });
        await expect(store().get(key)).rejects.toMatchObject({ code: 'invariant-broken' });
        expect(await store().list('')).toEqual([]);
      },
    );

    it('takes the longest name that is allowed', async () => {
      const key = 'x'.repeat(512);
      expect(await put(key, 0, 1)).toMatchObject({ ok: true });
      expect((await store().get(key))?.version).toBe(1);
    });

    it('answers nothing once it was closed, and may be closed twice', async () => {
      await store().close();
      await store().close();
      await expect(store().get('a')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store().list('')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(put('a', 0, 1)).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store().readJournal('s', 0, 1)).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store().streams()).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store().verifyJournal('s')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store().stealLock('l', 'me', 0, 1, '')).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
};
