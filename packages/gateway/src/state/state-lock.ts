import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { BatonError } from '@baton/core';

/**
 * At most one gateway on a state folder. On Linux the lock is a Unix socket in the abstract name space: the
 * kernel gives it to one and takes it back when that one dies, however it dies.
 */
export class StateLock {
  /** The lock itself; handed to a successor, so that at no moment nobody has it. */
  readonly socket: Server;

  private constructor(socket: Server) {
    this.socket = socket;
    socket.unref();
  }

  /** @throws BatonError `gateway-running` */
  static async acquire(folder: string): Promise<StateLock> {
    const socket = createServer((visitor) => visitor.destroy());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('error', reject);
    socket.listen(await lockName(folder), resolve);
    try {
      await promise;
    } catch (error) {
      throw new BatonError('gateway-running', `Another gateway already serves ${folder}`, {
        fault: 'user',
        hint: 'Use that one, or stop it first. To replace it without losing a request, start with --takeover.',
        cause: error,
      });
    }
    return new StateLock(socket);
  }

  static inherited(socket: Server): StateLock {
    return new StateLock(socket);
  }

  release(): void {
    this.socket.close();
  }
}

const lockName = async (folder: string): Promise<string> => {
  if (process.platform === 'linux') {
    const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 40);
    return `\0baton-gateway-${name}`;
  }
  const path = join(folder, 'gateway.lock');
  await removeIfDead(path);
  return path;
};

/** Elsewhere the lock is a socket file, which outlives its owner: one that nobody answers is removed. */
const removeIfDead = async (path: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
  const alive = await promise;
  probe.destroy();
  if (alive) return;
  const { rm } = await import('node:fs/promises');
  await rm(path, { force: true });
};
