/**
 * The state contract: records with compare-and-swap, an append-only hash-chained journal, and locks with
 * fencing tokens. One contract suite (testkit) runs over every implementation.
 */

/** Any JSON value; records hold nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A record; `version` starts at 1 and rises by one with each write. */
export interface StoredRecord {
  readonly key: string;
  readonly version: number;
  readonly value: Json;
}

/** Writes `value` if the record still has `expectedVersion`; 0 means that it must not exist yet. */
export interface RecordWrite {
  readonly key: string;
  readonly expectedVersion: number;
  readonly value: Json;
}

/** What is asked to be appended; the store adds place and hashes. */
export interface JournalDraft {
  /** A chain of its own, such as `app/environment`. */
  readonly stream: string;
  readonly type: string;
  /** Wall time in milliseconds. */
  readonly at: number;
  readonly payload: Json;
}

export interface JournalEntry extends JournalDraft {
  /** Starts at 1, no gaps, in its stream. */
  readonly seq: number;
  /** Hex SHA-256 over the previous entry's hash and this entry's canonical JSON; see `chainHash`. */
  readonly hash: string;
  readonly previousHash: string;
}

/** A lock that its holder must show at each fenced write. */
export interface LockGrant {
  readonly name: string;
  readonly owner: string;
  /** Rises with each acquisition, takeover included. */
  readonly fencingToken: number;
  /** Wall time at which a contender may take it over. */
  readonly expiresAt: number;
}

/** One atomic unit: all of it is durable when the promise resolves, or none of it is. */
export interface Transaction {
  readonly writes?: readonly RecordWrite[];
  readonly append?: readonly JournalDraft[];
  /** The lock under which this is written; refused when another has taken it over. */
  readonly fence?: { readonly lock: string; readonly fencingToken: number };
}

export type TransactionResult =
  | { readonly ok: true; readonly entries: readonly JournalEntry[] }
  | { readonly ok: false; readonly reason: 'conflict'; readonly key: string; readonly actual: StoredRecord | undefined }
  | { readonly ok: false; readonly reason: 'fenced'; readonly lock: string; readonly current: number };

export type LockResult =
  | { readonly ok: true; readonly grant: LockGrant }
  | { readonly ok: false; readonly held: LockGrant; readonly note: string };

/** Where a chain first breaks. */
export interface ChainFault {
  readonly stream: string;
  readonly seq: number;
  readonly problem: string;
}

/** @see StoredRecord for shapes. Every method rejects with a BatonError (`store-unavailable`, `store-full`, `store-read-only`, `store-corrupt`). */
export interface Store {
  get(key: string): Promise<StoredRecord | undefined>;
  /** Records whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<readonly StoredRecord[]>;
  transact(transaction: Transaction): Promise<TransactionResult>;
  /** Entries with `seq > afterSeq`, oldest first, at most `limit`. */
  readJournal(stream: string, afterSeq: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Names of all streams. */
  streams(): Promise<readonly string[]>;
  /** Recomputes every hash; undefined when the chain is whole. */
  verifyJournal(stream: string): Promise<ChainFault | undefined>;
  /** Takes the lock where it is free or expired at `now`. `note` is shown to whoever is refused. */
  acquireLock(name: string, owner: string, now: number, ttlMs: number, note: string): Promise<LockResult>;
  /** False where the lock was taken over. */
  renewLock(grant: LockGrant, now: number, ttlMs: number): Promise<boolean>;
  releaseLock(grant: LockGrant): Promise<boolean>;
  /** A journaled takeover: succeeds whoever holds it, and bumps the fencing token. */
  stealLock(name: string, owner: string, now: number, ttlMs: number, note: string): Promise<LockGrant>;
  close(): Promise<void>;
}
