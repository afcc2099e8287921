import type { JournalEntry, Json, Store } from '@baton/core';

/** What an intruder, a bad disk or a careless restore does to a journal behind the store's back. */
export type Tampering =
  | { readonly kind: 'change-entry'; readonly stream: string; readonly seq: number; readonly change: EntryChange }
  | { readonly kind: 'drop-entry'; readonly stream: string; readonly seq: number }
  | { readonly kind: 'add-entry'; readonly entry: JournalEntry }
  | { readonly kind: 'set-head'; readonly stream: string; readonly seq: number; readonly hash: string }
  | { readonly kind: 'drop-head'; readonly stream: string };

/** The columns of an entry that can be changed in place. */
export type EntryChange = Partial<Pick<JournalEntry, 'type' | 'at' | 'hash' | 'previousHash'>> & {
  readonly payload?: Json;
};

/** One empty place for state, and ways into it. */
export interface StoreFixture {
  /** Another store over the same state, as a second process would open it. */
  open(): Promise<Store>;
  /** Changes the state past every guard of the store. */
  tamper(tampering: Tampering): Promise<void>;
  /** Removes the state. The stores that were opened have been closed. */
  dispose(): Promise<void>;
}

/** Makes an empty place; called before every test. */
export type MakeStoreFixture = () => Promise<StoreFixture>;

/** The fixture of the running test. */
export interface ContractContext {
  /** The first store that was opened. */
  readonly store: () => Store;
  /** Opens another, to be closed after the test. */
  readonly another: () => Promise<Store>;
  readonly tamper: (tampering: Tampering) => Promise<void>;
}
