import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Latch } from '@baton/core';

/** Size of a latch file, all of it written when it is made: setting it later needs no free block. */
const FILE_BYTES = 1024;
const folder = (stateDir: string): string => join(stateDir, 'latch');
const fileOf = (stateDir: string, scope: string): string => join(folder(stateDir), `${scope.replace('/', '@')}.latch`);

const overwrite = (file: string, latch: Latch | null): void => {
  const text =
    latch === null ? '' : JSON.stringify({ ...latch, by: latch.by.slice(0, 200), reason: latch.reason.slice(0, 500) });
  const handle = openSync(file, existsSync(file) ? 'r+' : 'w', 0o600);
  try {
    writeSync(handle, text.padEnd(FILE_BYTES, ' '), 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Makes the file ahead of the day on which the disk is full. */
export const prepareLatchFile = (stateDir: string, scope: string): void => {
  mkdirSync(folder(stateDir), { recursive: true, mode: 0o700 });
  const file = fileOf(stateDir, scope);
  if (!existsSync(file)) overwrite(file, null);
};

/** The latch beside the store. A file that cannot be read as clear counts as set. */
export const readLatchFile = (stateDir: string, scope: string): Latch | null => {
  let text: string;
  try {
    text = readFileSync(fileOf(stateDir, scope), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { setAt: 0, by: 'unknown', reason: `the latch file cannot be read: ${(error as Error).message}` };
  }
  if (text === '') return null;
  try {
    return JSON.parse(text) as Latch;
  } catch {
    return { setAt: 0, by: 'unknown', reason: 'the latch file is damaged' };
  }
};

export const setLatchFile = (stateDir: string, scope: string, latch: Latch): void => {
  prepareLatchFile(stateDir, scope);
  overwrite(fileOf(stateDir, scope), latch);
};

export const clearLatchFile = (stateDir: string, scope: string): void => {
  prepareLatchFile(stateDir, scope);
  overwrite(fileOf(stateDir, scope), null);
};
