import type { DatabaseSync } from 'node:sqlite';
import type { LockGrant, LockResult } from '@baton/core';

interface LockRow extends LockGrant {
  readonly note: string;
}

/** What somebody asks for who wants a lock. */
export interface LockClaim {
  readonly name: string;
  readonly owner: string;
  /** A holder whose time ends later than this keeps the lock; infinity leaves it to nobody. */
  readonly takeOverUntil: number;
  readonly expiresAt: number;
  readonly note: string;
}

/** The locks of the store, by statements prepared once. */
export interface Locks {
  claim(claim: LockClaim): LockResult;
  renew(grant: LockGrant, expiresAt: number): boolean;
  release(grant: LockGrant): boolean;
  /** The highest token ever given, and whether its holder still has it; token 0 where nobody ever asked. */
  standing(name: string): { readonly fencingToken: number; readonly held: boolean };
}

const NEVER_HELD = { fencingToken: 0, held: false } as const;

export const locks = (db: DatabaseSync): Locks => {
  const claim = db.prepare(
    `INSERT INTO locks (name, owner, fencing_token, expires_at, note, held) VALUES (?1, ?2, 1, ?3, ?4, 1)
     ON CONFLICT (name) DO UPDATE SET
       owner = excluded.owner, fencing_token = locks.fencing_token + 1,
       expires_at = excluded.expires_at, note = excluded.note, held = 1
     WHERE locks.held = 0 OR locks.expires_at <= ?5
     RETURNING fencing_token AS fencingToken`,
  );
  const read = db.prepare(
    `SELECT name, owner, fencing_token AS fencingToken, expires_at AS expiresAt, note, held FROM locks WHERE name = ?`,
  );
  const renew = db.prepare(
    'UPDATE locks SET expires_at = ? WHERE name = ? AND owner = ? AND fencing_token = ? AND held = 1',
  );
  const release = db.prepare(
    'UPDATE locks SET held = 0 WHERE name = ? AND owner = ? AND fencing_token = ? AND held = 1',
  );
  return {
    claim({ name, owner, takeOverUntil, expiresAt, note }) {
      const granted = claim.get(name, owner, expiresAt, note, takeOverUntil) as { fencingToken: number } | undefined;
      if (granted !== undefined)
        return { ok: true, grant: { name, owner, fencingToken: granted.fencingToken, expiresAt } };
      const row = read.get(name) as unknown as LockRow;
      const held = { name, owner: row.owner, fencingToken: row.fencingToken, expiresAt: row.expiresAt };
      return { ok: false, held, note: row.note };
    },
    renew: ({ name, owner, fencingToken }, expiresAt) => renew.run(expiresAt, name, owner, fencingToken).changes === 1,
    release: ({ name, owner, fencingToken }) => release.run(name, owner, fencingToken).changes === 1,
    standing(name) {
      const row = read.get(name) as { fencingToken: number; held: number } | undefined;
      return row === undefined ? NEVER_HELD : { fencingToken: row.fencingToken, held: row.held === 1 };
    },
  };
};
