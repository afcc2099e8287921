import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const OWNER = 0o700;
const OTHERS = 0o077;

/** SQLite gives its side files the mode of the database; those that an earlier, wider umask left are narrowed too. */
const SIDE_FILES = ['', '-wal', '-shm'] as const;

const fsyncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Creates what is missing of `directory`, for the owner alone, and makes the new names durable. */
const createDirectory = (directory: string): void => {
  const first = mkdirSync(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  if (first === undefined) return;
  const top = dirname(first);
  for (let parent = dirname(directory); parent.length > top.length; parent = dirname(parent)) fsyncDirectory(parent);
  fsyncDirectory(top);
};

/** Size in bytes; 0 where there is no file. */
export const fileBytes = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Creates `file` where it is missing, and lets nobody but its owner read it or its side files. `file` is absolute. */
export const createPrivateFile = (file: string): void => {
  createDirectory(dirname(file));
  closeSync(openSync(file, 'a', OWNER_ONLY_FILE));
  fsyncDirectory(dirname(file));
  for (const suffix of SIDE_FILES) {
    const found = statSync(file + suffix, { throwIfNoEntry: false });
    if (found !== undefined && (found.mode & OTHERS) !== 0) chmodSync(file + suffix, found.mode & OWNER);
  }
};

/** Which file a path names at this moment: device and inode; undefined where there is none. */
export const fileIdentity = (file: string): string | undefined => {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found && `${found.dev}:${found.ino}`;
};
