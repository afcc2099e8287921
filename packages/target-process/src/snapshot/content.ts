import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry, SourceEntry } from './entry.ts';

/** Up to here a file is read once and written from memory; larger ones are copied by the kernel. */
const IN_MEMORY_BYTES = 1024 * 1024;
const READERS = 8;

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

const hashFile = async (path: string, bytes: number): Promise<string> => {
  if (bytes <= IN_MEMORY_BYTES) return sha256(await readFile(path));
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  try {
    for await (const chunk of handle.readableWebStream() as AsyncIterable<Uint8Array>) hash.update(chunk);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
};

/** Runs `work` over `items`, a few at a time, results in order. */
export const inParallel = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results = Array.from<R>({ length: items.length });
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(READERS, items.length) }, reader));
  return results;
};

/** What an entry of the source is at this moment. */
export const readEntry = async (entry: SourceEntry): Promise<Entry> => {
  switch (entry.kind) {
    case 'folder':
    case 'link':
      return entry;
    case 'text':
      return { kind: 'file', path: entry.path, executable: false, sha256: sha256(entry.text) };
    case 'file': {
      const { path, executable } = entry;
      return { kind: 'file', path, executable, sha256: await hashFile(entry.source, entry.bytes) };
    }
  }
};

const seal = async (handle: FileHandle, executable: boolean, durable: boolean): Promise<void> => {
  await handle.chmod(executable ? 0o555 : 0o444);
  if (durable) await handle.sync();
};

const writeSealed = async (
  path: string,
  data: Buffer | string,
  executable: boolean,
  durable: boolean,
): Promise<string> => {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(data);
    await seal(handle, executable, durable);
  } finally {
    await handle.close();
  }
  return sha256(data);
};

/**
 * Copies one file, read-only, and returns what was copied: the tree may be edited while it is
 * pinned, and the digest is of the copy.
 */
export const copyEntry = async (
  entry: Extract<SourceEntry, { kind: 'file' | 'text' }>,
  folder: string,
  durable: boolean,
): Promise<Entry> => {
  const path = join(folder, entry.path);
  const executable = entry.kind === 'file' && entry.executable;
  const named = { kind: 'file', path: entry.path, executable } as const;
  if (entry.kind === 'text') return { ...named, sha256: await writeSealed(path, entry.text, executable, durable) };
  if (entry.bytes <= IN_MEMORY_BYTES) {
    return { ...named, sha256: await writeSealed(path, await readFile(entry.source), executable, durable) };
  }
  // A clone where the file system has them (btrfs, xfs), a copy elsewhere. Never a hard link to the
  // tree: an edit in place would change the release.
  await copyFile(entry.source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const handle = await open(path, 'r');
  try {
    await seal(handle, executable, durable);
  } finally {
    await handle.close();
  }
  return { ...named, sha256: await hashFile(path, entry.bytes) };
};

/** True where the thing at its place in `folder` is still what the entry says. */
export const isUnchanged = async (entry: Entry, folder: string): Promise<boolean> => {
  const path = join(folder, entry.path);
  try {
    const stat = await lstat(path);
    if (entry.kind === 'folder') return stat.isDirectory();
    if (entry.kind === 'link') return stat.isSymbolicLink() && (await readlink(path)) === entry.target;
    if (!stat.isFile() || ((stat.mode & 0o111) !== 0) !== entry.executable) return false;
    return (await hashFile(path, stat.size)) === entry.sha256;
  } catch {
    return false;
  }
};
