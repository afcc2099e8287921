import { describe, expect, it } from 'vitest';
import type { ContractContext } from './store-fixture.ts';

/** Locks with fencing tokens. */
export const lockContract = ({ store, another }: ContractContext): void => {
  const acquire = (owner: string, now: number, ttlMs = 100) =>
    store().acquireLock('driver', owner, now, ttlMs, `${owner} deploys`);
  const granted = async (owner: string, now: number, ttlMs?: number) => {
    const result = await acquire(owner, now, ttlMs);
    if (!result.ok) throw new Error(`${owner} was refused`);
    return result.grant;
  };
  const steal = (owner: string, now: number, ttlMs = 100) =>
    store().stealLock('driver', owner, now, ttlMs, `${owner} took over`);

  describe('locks', () => {
    it('gives a free lock with token 1', async () => {
      expect(await acquire('me', 1_000)).toEqual({
        ok: true,
        grant: { name: 'driver', owner: 'me', fencingToken: 1, expiresAt: 1_100 },
      });
    });

    it('refuses while it is held, the holder too, and shows who holds it and why', async () => {
      await acquire('me', 1_000);
      const held = { name: 'driver', owner: 'me', fencingToken: 1, expiresAt: 1_100 };
      expect(await acquire('you', 1_099)).toEqual({ ok: false, held, note: 'me deploys' });
      expect(await acquire('me', 1_000)).toEqual({ ok: false, held, note: 'me deploys' });
    });

    it('refuses where the clock was set back', async () => {
      await acquire('me', 1_000);
      expect(await acquire('you', -3_600_000)).toMatchObject({ ok: false, held: { owner: 'me' } });
    });

    it('gives an expired lock to a contender, from the very moment on, with a higher token', async () => {
      const mine = await granted('me', 1_000);
      const yours = await granted('you', 1_100, 5);
      expect(yours).toEqual({ name: 'driver', owner: 'you', fencingToken: 2, expiresAt: 1_105 });
      expect(await store().renewLock(mine, 1_101, 100)).toBe(false);
      expect(await store().releaseLock(mine)).toBe(false);
      expect(await acquire('me', 1_104)).toEqual({ ok: false, held: yours, note: 'you deploys' });
    });

    it('prolongs a lock from the time of the renewal', async () => {
      const grant = await granted('me', 1_000);
      expect(await store().renewLock(grant, 1_050, 200)).toBe(true);
      expect(await acquire('you', 1_249)).toMatchObject({
        ok: false,
        held: { fencingToken: 1, expiresAt: 1_250 },
        note: 'me deploys',
      });
      expect(await acquire('you', 1_250)).toMatchObject({ ok: true, grant: { fencingToken: 2 } });
    });

    it('prolongs an expired lock that nobody took over', async () => {
      const grant = await granted('me', 1_000);
      expect(await store().renewLock(grant, 9_000, 100)).toBe(true);
      expect(await acquire('you', 9_050)).toMatchObject({ ok: false });
    });

    it('frees a released lock at once, and never gives its token again', async () => {
      const grant = await granted('me', 1_000);
      expect(await store().releaseLock(grant)).toBe(true);
      expect(await store().releaseLock(grant)).toBe(false);
      expect(await store().renewLock(grant, 1_001, 100)).toBe(false);
      expect(await granted('you', 1_001)).toMatchObject({ owner: 'you', fencingToken: 2 });
      expect(await store().releaseLock(grant)).toBe(false);
      expect(await acquire('third', 1_002)).toMatchObject({ ok: false, held: { owner: 'you' } });
    });

    it('refuses a grant with the token of another, and one of an owner who is not the holder', async () => {
      const grant = await granted('me', 1_000);
      for (const other of [
        { ...grant, fencingToken: 2 },
        { ...grant, fencingToken: 0 },
        { ...grant, owner: 'you' },
        { ...grant, name: 'elsewhere' },
      ]) {
        expect(await store().renewLock(other, 1_001, 9_999)).toBe(false);
        expect(await store().releaseLock(other)).toBe(false);
      }
      expect(await acquire('you', 1_002)).toMatchObject({ ok: false, held: { expiresAt: 1_100 } });
    });

    it('lets itself be stolen, whoever holds it, and raises the token', async () => {
      const mine = await granted('me', 1_000);
      expect(await steal('you', 1_001, 50)).toEqual({
        name: 'driver',
        owner: 'you',
        fencingToken: 2,
        expiresAt: 1_051,
      });
      expect(await store().renewLock(mine, 1_002, 100)).toBe(false);
      expect(await acquire('me', 1_050)).toMatchObject({ ok: false, held: { owner: 'you' }, note: 'you took over' });
      expect(await steal('you', 1_002)).toMatchObject({ fencingToken: 3 });
    });

    it('can be stolen where nobody holds it', async () => {
      expect(await steal('me', 5)).toEqual({ name: 'driver', owner: 'me', fencingToken: 1, expiresAt: 105 });
      expect(await acquire('you', 6)).toMatchObject({ ok: false });
    });

    it('counts tokens for each lock apart', async () => {
      await steal('me', 0);
      await steal('me', 0);
      expect(await store().acquireLock('other', 'me', 0, 1, '')).toMatchObject({
        grant: { name: 'other', fencingToken: 1 },
      });
      expect(await steal('me', 0)).toMatchObject({ fencingToken: 3 });
    });

    it('is one lock for every store over the same state', async () => {
      await acquire('me', 1_000);
      const other = await another();
      expect(await other.acquireLock('driver', 'you', 1_001, 100, '')).toMatchObject({
        ok: false,
        held: { owner: 'me' },
      });
      const taken = await other.stealLock('driver', 'you', 1_002, 100, '');
      expect(taken.fencingToken).toBe(2);
      expect(await store().renewLock(taken, 1_003, 100)).toBe(true);
    });

    it('gives one of many contenders the lock', async () => {
      const results = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => acquire(owner, 0)));
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    });

    it.each([
      ['no duration', 0, 0],
      ['a negative duration', 0, -1],
      ['an endless duration', 0, Number.POSITIVE_INFINITY],
      ['no present time', Number.NaN, 100],
    ])('refuses %s as a fault of its caller', async (_, now, ttlMs) => {
      const grant = await granted('me', 0);
      const broken = { code: 'invariant-broken' };
      await expect(store().acquireLock('free', 'me', now, ttlMs, '')).rejects.toMatchObject(broken);
      await expect(store().stealLock('driver', 'you', now, ttlMs, '')).rejects.toMatchObject(broken);
      await expect(store().renewLock(grant, now, ttlMs)).rejects.toMatchObject(broken);
      expect(await acquire('you', 99)).toMatchObject({ ok: false, held: grant });
    });

    it('refuses a lock without a name', async () => {
      await expect(store().acquireLock('', 'me', 0, 1, '')).rejects.toMatchObject({ code: 'invariant-broken' });
      await expect(store().stealLock('', 'me', 0, 1, '')).rejects.toMatchObject({ code: 'invariant-broken' });
    });
  });
};
