import type { JournalDraft, Json } from './ports/store.ts';

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
