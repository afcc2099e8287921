import type { ChainHead, JournalEntry } from '@baton/core';

/** A lock's row. It stays when the lock is free, because its token must not be used again. */
export interface LockRow {
  readonly owner: string;
  readonly fencingToken: number;
  readonly expiresAt: number;
  readonly note: string;
  readonly held: boolean;
}

/** What a disk would hold. Values are kept as text, so that nobody can change them by reference. */
export interface MemoryState {
  readonly records: Map<string, { readonly version: number; readonly text: string }>;
  readonly journal: Map<string, JournalEntry[]>;
  readonly heads: Map<string, ChainHead>;
  readonly locks: Map<string, LockRow>;
}

export const memoryState = (): MemoryState => ({
  records: new Map(),
  journal: new Map(),
  heads: new Map(),
  locks: new Map(),
});
