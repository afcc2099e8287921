import { readFileSync, statSync } from 'node:fs';
import type { SourcePlace } from '@baton/core';
import type { Problems } from './problems.ts';

/** No configuration that a person keeps is larger; a larger file was named by mistake. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
};

/**
 * The text of a file. Where it cannot be read, `problems` says so at `askedAt` and undefined is returned.
 * @param shown the file's name for messages
 */
export function readText(
  path: string,
  shown: string,
  askedAt: SourcePlace | undefined,
  problems: Problems,
): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      problems.add(askedAt, `${shown} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB and surely not meant`);
      return undefined;
    }
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    problems.add(askedAt, `cannot read ${shown}: ${REASONS[code] ?? message}`);
    return undefined;
  }
}

/** True where something stands at `path` of the kind that is asked for. */
export function exists(path: string, kind: 'file' | 'folder' | 'any'): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  return kind === 'any' || (kind === 'file' ? found.isFile() : found.isDirectory());
}
