import { createHash } from 'node:crypto';
import type { Entry } from './entry.ts';

const lineOf = (entry: Entry): string => {
  const path = JSON.stringify(entry.path);
  if (entry.kind === 'folder') return `folder ${path}`;
  if (entry.kind === 'link') return `link ${path} ${JSON.stringify(entry.target)}`;
  return `file ${path} ${entry.executable ? 'x' : '-'} ${entry.sha256}`;
};

/**
 * SHA-256 over the sorted paths with their kind, executable bit and content, and over the
 * configuration. Times and owners are left out: a fresh clone is the same release.
 */
export const digestOf = (entries: readonly Entry[], identity: readonly string[]): string => {
  const hash = createHash('sha256').update('baton-process-snapshot 1\n');
  for (const line of identity) hash.update(`${line}\n`);
  for (const entry of entries) hash.update(`${lineOf(entry)}\n`);
  return hash.digest('hex');
};
