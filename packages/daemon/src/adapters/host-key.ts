import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The host's own key, made once and readable by its owner alone. Each instance's secret is derived from it,
 * so that no secret of an instance is ever stored, and a daemon that starts anew knows them all.
 */
export const hostSecrets = (stateDir: string): ((instance: string) => string) => {
  const file = join(stateDir, 'host.key');
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, randomBytes(32), { mode: 0o600, flush: true });
    try {
      // A link fails where the key exists: of two that start at once, one key wins.
      linkSync(fresh, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    rmSync(fresh);
    key = readFileSync(file);
  }
  return (instance) => createHmac('sha256', key).update(`instance/${instance}`).digest('hex');
};
