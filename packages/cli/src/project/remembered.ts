import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Declared } from './declared.ts';

/** A file as it was when it was read: any edit changes at least one of these. */
interface Stamp {
  readonly file: string;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly bytes: number;
  readonly inode: number;
}

interface Remembered extends Stamp {
  readonly app: string;
  readonly environments: readonly string[];
}

const stampOf = async (file: string): Promise<Stamp> => {
  const { mtimeMs, ctimeMs, size, ino } = await stat(file);
  return { file, mtimeMs, ctimeMs, bytes: size, inode: ino };
};

const same = (a: Stamp, b: Stamp): boolean =>
  a.file === b.file && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.bytes === b.bytes && a.inode === b.inode;

const isRemembered = (value: unknown): value is Remembered =>
  typeof value === 'object' &&
  value !== null &&
  'app' in value &&
  typeof value.app === 'string' &&
  'environments' in value &&
  Array.isArray(value.environments);

const cacheFile = (stateDir: string): string => join(stateDir, 'declared.json');

/**
 * The names in a baton.yaml, read only when the file has changed: to load a YAML parser is half of what a cold
 * command may take. Where nothing can be remembered, it is read each time.
 */
export const rememberedDeclared = async (
  file: string,
  stateDir: string,
  read: (file: string) => Promise<Declared>,
): Promise<Declared> => {
  const stamp = await stampOf(file).catch(() => undefined);
  const text = await readFile(cacheFile(stateDir), 'utf8').catch(() => undefined);
  if (stamp !== undefined && text !== undefined) {
    try {
      const value: unknown = JSON.parse(text);
      if (isRemembered(value) && same(value, stamp)) return { file, app: value.app, environments: value.environments };
    } catch {
      // Half written or of another version: it is read anew and written whole.
    }
  }
  const declared = await read(file);
  if (stamp !== undefined) {
    const draft = `${cacheFile(stateDir)}.${process.pid}`;
    // No state directory yet, or none that can be written: the next command reads again.
    await writeFile(draft, JSON.stringify({ ...stamp, ...declared }), { mode: 0o600 })
      .then(() => rename(draft, cacheFile(stateDir)))
      .catch(() => undefined);
  }
  return declared;
};
