import { createHash, timingSafeEqual } from 'node:crypto';
import type { Account } from '../exchange/index.ts';

/** SHA-256 of an API key, hex. */
export const keyDigest = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Whether `key` opens the account; an account without a key is open to all. */
export function opens(account: Account, key: string | string[] | undefined): boolean {
  if (account.keyDigest === undefined) return true;
  if (typeof key !== 'string') return false;
  return timingSafeEqual(Buffer.from(account.keyDigest, 'hex'), Buffer.from(keyDigest(key), 'hex'));
}
