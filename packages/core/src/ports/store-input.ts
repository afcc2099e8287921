import { invariant } from '../errors/index.ts';
import type { Json, Transaction } from './store.ts';

/** The longest name, in UTF-16 units: within every backend's limit on keys. */
export const STORE_NAME_LENGTH = 512;

/**
 * Asserts a name (a key, a stream, a type, a lock) that every backend stores and gives back unchanged.
 * @throws BatonError `invariant-broken`
 */
export const checkStoreName = (name: string): void => {
  invariant(
    name.length > 0 && name.length <= STORE_NAME_LENGTH && name.isWellFormed() && !name.includes('\0'),
    `a name in the store has 1 to ${STORE_NAME_LENGTH} characters and no NUL, not ${JSON.stringify(name.slice(0, 64))}`,
  );
};

/**
 * The text that a store keeps for a value. What is read back is this text parsed, so that hashes are of what is read.
 * @throws BatonError `invariant-broken` where the value has no JSON form
 */
export const storedJson = (value: Json): string => {
  const text: string | undefined = JSON.stringify(value);
  invariant(text !== undefined, 'a stored value has a JSON form');
  return text;
};

/**
 * Asserts what a store relies on before it begins.
 * @throws BatonError `invariant-broken`
 */
export const checkTransaction = (transaction: Transaction): void => {
  const keys = new Set<string>();
  for (const { key, expectedVersion } of transaction.writes ?? []) {
    checkStoreName(key);
    invariant(!keys.has(key), `a transaction writes each record once, not ${key} twice`);
    keys.add(key);
    invariant(
      Number.isSafeInteger(expectedVersion) && expectedVersion >= 0,
      `an expected version is a whole number from 0, not ${expectedVersion}`,
    );
  }
  for (const { stream, type, at } of transaction.append ?? []) {
    checkStoreName(stream);
    checkStoreName(type);
    invariant(Number.isFinite(at), `a journal entry has a time, not ${at}`);
  }
};

/**
 * Asserts the bounds of a read from the journal.
 * @throws BatonError `invariant-broken`
 */
export const checkJournalRange = (afterSeq: number, limit: number): void => {
  invariant(Number.isSafeInteger(afterSeq) && afterSeq >= 0, `a journal is read from a place, not ${afterSeq}`);
  invariant(Number.isSafeInteger(limit) && limit >= 0, `a journal is read up to a number of entries, not ${limit}`);
};

/**
 * Asserts the times of a lock; the wall time at which it ends.
 * @throws BatonError `invariant-broken`
 */
export const lockExpiry = (now: number, ttlMs: number): number => {
  invariant(Number.isFinite(now) && Number.isFinite(ttlMs) && ttlMs > 0, `a lock is held for a time, not ${ttlMs} ms`);
  return now + ttlMs;
};
