import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { BatonError } from '@baton/core';

/**
 * Holds the state directory for this process alone. An abstract Unix socket is the lock: the kernel gives
 * it to one, and takes it back the moment that one dies, by SIGKILL too.
 * @throws BatonError `daemon-running` where another holds it
 */
export const holdStateDir = async (stateDir: string, what: string): Promise<Server> => {
  const name = createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 32);
  const lock = createServer();
  await new Promise<void>((resolve, reject) => {
    lock.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        reject(error);
        return;
      }
      reject(
        new BatonError('daemon-running', `Another ${what} already runs on ${stateDir}.`, {
          fault: 'user',
          hint: 'Use that one ("baton status"), or give this one a state directory of its own with --state-dir.',
        }),
      );
    });
    lock.listen(`\0baton-${what}-${name}`, resolve);
  });
  lock.unref();
  return lock;
};
