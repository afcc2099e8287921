import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { link, open, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

let temporaries = 0;
/** A name that no reader takes for the real file, and no other writer of this machine takes too. */
const temporaryBeside = (path: string): string => {
  temporaries += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${temporaries}.tmp`);
};

/** Makes the names in a folder survive a power cut. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** A new file of its owner's; its bytes are on the disk when it resolves, its name not yet. */
const writeSynced = async (path: string, text: string): Promise<void> => {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Replaces `path` as a whole, mode 0600; on the disk when it resolves. */
export const writeDurably = async (path: string, text: string): Promise<void> => {
  const temporary = temporaryBeside(path);
  try {
    await writeSynced(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
};

/** As {@link writeDurably}, where nothing is there yet: false, and nothing done, where somebody was first. */
export const createDurably = async (path: string, text: string): Promise<boolean> => {
  const temporary = temporaryBeside(path);
  try {
    await writeSynced(temporary, text);
    // Unlike a rename, a link takes no name that is taken.
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
};

/**
 * Replaces `path` as a whole without waiting for the disk, for facts that can be observed again after a
 * power cut. A reader sees the old text or the new one, never half of either.
 */
export const replaceFile = async (path: string, text: string): Promise<void> => {
  const temporary = temporaryBeside(path);
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

/** Creates `path` where it is not there yet; false where somebody was first. */
export const createExclusively = (path: string, text: string, mode: number): boolean => {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
  return true;
};
