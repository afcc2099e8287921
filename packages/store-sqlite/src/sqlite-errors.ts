import { BatonError } from '@baton/core';

/** Primary result codes of SQLite that mean something of their own here (https://sqlite.org/rescode.html). */
const SQLITE = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** SQLITE_IOERR_SHMSIZE: the shared index of the write-ahead log could not grow, which is how a full disk looks there. */
const SQLITE_IOERR_SHMSIZE = 4874;

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/** The extended result code, where `error` came from SQLite. */
const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

const primary = (code: number): number => code & 0xff;

/** The code of Node's own errors: of files, and of numbers out of range in a row. */
const nodeCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Another connection holds what this one needs; worth waiting for. */
export const isBusy = (error: unknown): boolean => {
  const code = primary(resultCode(error) ?? 0);
  return code === SQLITE.busy || code === SQLITE.locked;
};

/** Not a database at all, or one whose pages contradict each other. */
export const storeCorrupt = (file: string, detail: string, cause?: unknown): BatonError =>
  new BatonError('store-corrupt', `The state store ${file} is damaged: ${detail}.`, {
    hint: 'Stop Baton, keep a copy of the file with its -wal and -shm, and restore the store from a backup.',
    cause,
  });

export const storeMissing = (file: string): BatonError =>
  new BatonError('store-missing', `There is no state store at ${file}.`, {
    fault: 'user',
    hint: 'Check the state directory; the first deployment creates the store.',
  });

export const storeFull = (file: string, cause?: unknown): BatonError =>
  new BatonError('store-full', `No space is left for the state store ${file}; nothing was written.`, {
    hint: 'Free some disk space (or raise the quota) where the store is, then repeat the command.',
    cause,
  });

export const storeReadOnly = (file: string, cause?: unknown): BatonError =>
  new BatonError('store-read-only', `The state store ${file} cannot be written.`, {
    hint: 'Give this user write permission to the file and its directory, and see that the disk is mounted read-write.',
    cause,
  });

export const storeUnavailable = (file: string, detail: string, hint: string, cause?: unknown): BatonError =>
  new BatonError('store-unavailable', `The state store ${file} is not available: ${detail}.`, { hint, cause });

export const storeBusy = (file: string, waitedMs: number, cause: unknown): BatonError =>
  storeUnavailable(
    file,
    `another process kept it locked for ${waitedMs} ms`,
    'Look for a stopped or hanging process that has the file open (for example with fuser), end it and try again.',
    cause,
  );

const fromSqlite = (code: number, file: string, error: Error): BatonError => {
  switch (primary(code)) {
    case SQLITE.full:
      return storeFull(file, error);
    case SQLITE.readOnly:
      return storeReadOnly(file, error);
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
    // Every statement is fixed: one that does not compile, or meets a constraint, met tables that are not ours.
    case SQLITE.error:
    case SQLITE.constraint:
      return storeCorrupt(file, error.message, error);
    case SQLITE.cannotOpen:
      return storeUnavailable(file, error.message, 'See that the path is a file in a directory of this user.', error);
    default:
      if (code === SQLITE_IOERR_SHMSIZE) return storeFull(file, error);
      return storeUnavailable(file, error.message, 'Check the space, the quota and the health of the disk.', error);
  }
};

/** What went wrong below, as an error of the store contract. An error of Baton's own stays itself. */
export const storeError = (error: unknown, file: string): BatonError => {
  if (error instanceof BatonError) return error;
  const code = resultCode(error);
  if (code !== undefined) return fromSqlite(code, file, error as Error);
  if (error instanceof SyntaxError) return storeCorrupt(file, 'a stored value is not JSON', error);
  const node = nodeCode(error);
  if (node === 'ERR_OUT_OF_RANGE') return storeCorrupt(file, 'a stored number is out of range', error);
  if (FULL.has(node)) return storeFull(file, error);
  if (READ_ONLY.has(node)) return storeReadOnly(file, error);
  const detail = error instanceof Error ? error.message : String(error);
  return storeUnavailable(file, detail, 'Check the path and the health of the disk.', error);
};
