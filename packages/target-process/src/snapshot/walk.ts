import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { BatonError } from '@baton/core';
import type { Excludes } from './docker-ignore.ts';
import type { SourceEntry } from './entry.ts';

/** Bounds of one snapshot; a context beyond them is nearly always a folder that was not meant. */
export interface SnapshotBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export interface Walk {
  /** The folder whose tree is copied; links may not lead out of it. */
  readonly root: string;
  /** What is left out, by path below `base`. */
  readonly excludes: Excludes;
  readonly base: string;
  /** Absolute folders never entered: the state directory itself. */
  readonly never: readonly string[];
  readonly bounds: SnapshotBounds;
  readonly entries: Map<string, SourceEntry>;
  bytes: number;
}

/** Version control is not part of what runs. */
const NEVER_COPIED = new Set(['.git']);

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

const tooLarge = (walk: Walk): BatonError =>
  new BatonError(
    'context-too-large',
    `${walk.base} has more than ${walk.bounds.maxEntries} files or ${Math.round(walk.bounds.maxBytes / 2 ** 20)} MiB`,
    { fault: 'user', hint: 'Name what the service does not need in a .dockerignore beside its files.' },
  );

const checkedLink = async (walk: Walk, source: string): Promise<string> => {
  const target = await readlink(source);
  const real = await realpath(source).catch(() => undefined);
  const named = resolve(dirname(source), target);
  const rootReal = await realpath(walk.root);
  const inside =
    !target.startsWith('/') && isWithin(named, walk.root) && (real === undefined || isWithin(real, rootReal));
  if (inside) return target;
  throw new BatonError('symlink-escapes', `${source} links to ${target}, outside of ${walk.root}`, {
    fault: 'user',
    hint: 'Copy the file into the build context, declare it under release.files, or exclude the link in .dockerignore.',
  });
};

const add = (walk: Walk, entry: SourceEntry): void => {
  walk.entries.set(entry.path, entry);
  if (entry.kind === 'file') walk.bytes += entry.bytes;
  if (walk.entries.size > walk.bounds.maxEntries || walk.bytes > walk.bounds.maxBytes) throw tooLarge(walk);
};

/** Adds `source` (a file, a link or a whole folder) to the walk, under its path below the root. */
export const walkInto = async (walk: Walk, source: string): Promise<void> => {
  const path = relative(walk.root, source);
  const excluded = source !== walk.base && walk.excludes.excludes(relative(walk.base, source));
  const stat = await lstat(source);
  if (stat.isDirectory()) {
    if (walk.never.includes(source) || (excluded && !walk.excludes.hasExceptions)) return;
    if (path !== '' && !excluded) add(walk, { kind: 'folder', path });
    const names = await readdir(source);
    for (const name of names) if (!NEVER_COPIED.has(name)) await walkInto(walk, join(source, name));
    return;
  }
  if (excluded) return;
  if (stat.isSymbolicLink()) add(walk, { kind: 'link', path, target: await checkedLink(walk, source) });
  else if (stat.isFile()) {
    add(walk, { kind: 'file', path, source, executable: (stat.mode & 0o111) !== 0, bytes: stat.size });
  }
  // Sockets, pipes and devices are not content: they belong to something that runs, and are left out.
};
