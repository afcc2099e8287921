import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a tree whose folders are read-only, as those of a snapshot are. A missing tree is fine, and so is
 * a file that is written at the same time.
 */
export const removeTree = async (path: string): Promise<void> => {
  await unlock(path);
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
};

const unlock = async (path: string): Promise<void> => {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined || !stat.isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(path, entry.name));
  }
};
