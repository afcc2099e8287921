import { checkStoreName, type LockGrant, lockExpiry, type Store } from '@baton/core';
import type { LockRow, MemoryState } from './memory-state.ts';
import type { StoreWrite } from './store-faults.ts';

type Locks = Pick<Store, 'acquireLock' | 'renewLock' | 'releaseLock' | 'stealLock'>;

/** Runs one write of the store, with whatever fault is due. */
export type RunWrite = <T>(method: StoreWrite['method'], work: () => T) => T;

const grantOf = (name: string, { owner, fencingToken, expiresAt }: LockRow): LockGrant => ({
  name,
  owner,
  fencingToken,
  expiresAt,
});

/** The lock half of the store contract in memory. */
export const memoryLocks = ({ locks }: MemoryState, write: RunWrite): Locks => {
  const grant = (name: string, owner: string, expiresAt: number, note: string): LockGrant => {
    const row: LockRow = { owner, expiresAt, note, held: true, fencingToken: (locks.get(name)?.fencingToken ?? 0) + 1 };
    locks.set(name, row);
    return grantOf(name, row);
  };
  const heldBy = ({ name, owner, fencingToken }: LockGrant): LockRow | undefined => {
    const row = locks.get(name);
    return row?.held === true && row.owner === owner && row.fencingToken === fencingToken ? row : undefined;
  };
  return {
    async acquireLock(name, owner, now, ttlMs, note) {
      checkStoreName(name);
      const expiresAt = lockExpiry(now, ttlMs);
      return write('acquireLock', () => {
        const row = locks.get(name);
        if (row?.held === true && now < row.expiresAt) return { ok: false, held: grantOf(name, row), note: row.note };
        return { ok: true, grant: grant(name, owner, expiresAt, note) };
      });
    },
    async renewLock(held, now, ttlMs) {
      const expiresAt = lockExpiry(now, ttlMs);
      return write('renewLock', () => {
        const row = heldBy(held);
        if (row !== undefined) locks.set(held.name, { ...row, expiresAt });
        return row !== undefined;
      });
    },
    async releaseLock(held) {
      return write('releaseLock', () => {
        const row = heldBy(held);
        if (row !== undefined) locks.set(held.name, { ...row, held: false });
        return row !== undefined;
      });
    },
    async stealLock(name, owner, now, ttlMs, note) {
      checkStoreName(name);
      const expiresAt = lockExpiry(now, ttlMs);
      return write('stealLock', () => grant(name, owner, expiresAt, note));
    },
  };
};
