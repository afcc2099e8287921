import type { ChainFault, JournalDraft, JournalEntry, Json } from './ports/store.ts';

/** The hash before the first entry of a stream. */
export const GENESIS_HASH = '0'.repeat(64);

/** JSON with sorted keys and no spaces, so that the same value always hashes the same (RFC 8785's idea, for our own values). */
export const canonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as { readonly [key: string]: Json }).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value);
};

/** What is hashed for an entry: the previous hash and all that the entry says. SHA-256 is the adapter's. */
export const chainInput = (previousHash: string, seq: number, draft: JournalDraft): string =>
  `${previousHash}\n${canonicalJson({ stream: draft.stream, seq, type: draft.type, at: draft.at, payload: draft.payload })}`;

/** Where a chain stands: the last entry's place and hash. A store keeps it apart from the entries, so that a cut tail is seen. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The head of a stream without entries. */
export const GENESIS_HEAD: ChainHead = { seq: 0, hash: GENESIS_HASH };

/** Hex SHA-256 of a text's UTF-8 bytes; handed in, because the core has no cryptography of its own. */
export type Sha256 = (text: string) => string;

/** The entry that follows `head`. */
export const sealEntry = (head: ChainHead, draft: JournalDraft, sha256: Sha256): JournalEntry => {
  const seq = head.seq + 1;
  const { stream, type, at, payload } = draft;
  return { stream, seq, type, at, payload, previousHash: head.hash, hash: sha256(chainInput(head.hash, seq, draft)) };
};

/** Whether `entry` truly follows `head`; the fault where it does not. */
export const linkFault = (head: ChainHead, entry: JournalEntry, sha256: Sha256): ChainFault | undefined => {
  const fault = (seq: number, problem: string): ChainFault => ({ stream: entry.stream, seq, problem });
  const seq = head.seq + 1;
  if (entry.seq !== seq) return fault(seq, `entry ${seq} is missing: entry ${entry.seq} follows entry ${head.seq}`);
  if (entry.previousHash !== head.hash) return fault(seq, `entry ${seq} does not name the hash of entry ${head.seq}`);
  if (entry.hash !== sha256(chainInput(head.hash, seq, entry))) {
    return fault(seq, `entry ${seq} was changed: its hash does not match what it says`);
  }
  return undefined;
};

/** Whether the chain that was walked to `reached` ends where the store's own record of the head says. */
export const headFault = (stream: string, reached: ChainHead, recorded: ChainHead): ChainFault | undefined => {
  const fault = (seq: number, problem: string): ChainFault => ({ stream, seq, problem });
  if (recorded.seq > reached.seq) {
    return fault(
      reached.seq + 1,
      `the journal was cut: it ends at entry ${reached.seq}, its head says ${recorded.seq}`,
    );
  }
  if (recorded.seq < reached.seq) {
    return fault(recorded.seq + 1, `entry ${recorded.seq + 1} stands past the head, which says ${recorded.seq}`);
  }
  if (recorded.hash !== reached.hash) return fault(reached.seq, `the head names another hash for entry ${reached.seq}`);
  return undefined;
};
