import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatonError } from '@baton/core/errors';
import { daemonCommand } from '../serve/daemon-command.ts';

const SCRIPT = fileURLToPath(new URL('../serve/supervisor.sh', import.meta.url));
const MAIN = fileURLToPath(new URL('../serve/main.ts', import.meta.url));

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** True where this process is a supervisor of ours: a pid alone may have been given to another program. */
const isSupervisor = async (pid: number, stateDir: string): Promise<boolean> => {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return words.some((word) => word.endsWith('/supervisor.sh')) && words.includes(stateDir);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) return false;
    try {
      // Not every system has /proc; where it has, a missing entry is a process that is gone.
      await readFile('/proc/self/cmdline');
      return false;
    } catch {
      return isAlive(pid);
    }
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pidFile = (stateDir: string): string => join(stateDir, 'supervisor.pid');

/** Process id of the supervisor of this state directory, where one is alive. */
export const livingSupervisor = async (stateDir: string): Promise<number | undefined> => {
  const text = await readFile(pidFile(stateDir), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return (await isSupervisor(pid, stateDir)) ? pid : undefined;
};

const refusedDirectory = (stateDir: string, cause: unknown): BatonError => {
  const why = hasCode(cause, 'ENOSPC')
    ? 'the disk is full'
    : hasCode(cause, 'EROFS')
      ? 'the file system is read-only'
      : hasCode(cause, 'EACCES') || hasCode(cause, 'EPERM')
        ? 'it may not be written by this user'
        : hasCode(cause, 'ENOTDIR') || hasCode(cause, 'EEXIST')
          ? 'something that is no directory is in the way'
          : String(cause);
  return new BatonError('state-dir-unusable', `The state directory ${stateDir} cannot be used: ${why}.`, {
    hint: 'Nothing was done. Mend it, or choose another with --state-dir DIR or BATON_STATE_DIR.',
    cause,
  });
};

/**
 * Starts the supervisor, detached from this process and its terminal. Where two commands do so at once, the
 * daemon's own lock on the state directory decides, and the other supervisor gives up.
 * @throws BatonError `state-dir-unusable`
 */
export const startSupervisor = async (stateDir: string): Promise<number> => {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const log = openSync(join(stateDir, 'daemon.log'), 'a', 0o600);
    try {
      await unlink(pidFile(stateDir)).catch(() => undefined);
      const child = spawn('/bin/sh', [SCRIPT, stateDir, ...daemonCommand(process.execPath, MAIN, stateDir)], {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log, log],
      });
      const pid = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('spawn', () => resolve(child.pid ?? 0));
      });
      child.unref();
      await writeFile(pidFile(stateDir), `${pid}\n`, { mode: 0o600 });
      return pid;
    } finally {
      closeSync(log);
    }
  } catch (error) {
    throw refusedDirectory(stateDir, error);
  }
};
