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

/**
 * Creates what is missing of `directory`, for the owner alone, and makes the new names durable. Step by step, because
 * Node's recursive `mkdir` says "no such file" where the truth is "read-only file system".
 */
const createDirectory = (directory: string): void => {
  if (statSync(directory, { throwIfNoEntry: false }) !== undefined) return;
  createDirectory(dirname(directory));
  try {
    mkdirSync(directory, OWNER_ONLY_DIRECTORY);
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  fsyncDirectory(dirname(directory));
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
