import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { BatonError, type ExitStatus } from '@baton/core';
import { identityOf, type ProcessIdentity } from '../proc/index.ts';

/** Where a start is permitted from: the cgroup to join, or the gate that must still be there. */
export type Entrance = { readonly cgroup: string } | { readonly gate: string };

export interface SpawnPlan {
  /** The program resolved, then its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrance: Entrance;
  readonly outLog: string;
  readonly errLog: string;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ExitStatus>;
}

/**
 * The first thing that runs in the new process. It joins its cgroup before the program exists, so no
 * child can be born outside; where that was taken away, the start is given up. Nothing of the input is
 * part of the script: all of it arrives as arguments.
 */
const JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
const PASS = '[ -e "$0" ] && exec "$@"';

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The arguments of /bin/sh that enter the confinement and then become the command. */
export const throughEntrance = (
  entrance: Entrance,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): readonly string[] => {
  // dash drops variables whose names are no shell names (`spring.profile`): env(1) puts them back.
  const odd = Object.entries(environment).filter(([name]) => !SHELL_NAME.test(name));
  const restored = odd.length === 0 ? [] : ['/usr/bin/env', ...odd.map(([name, value]) => `${name}=${value}`)];
  const [script, place] = 'cgroup' in entrance ? [JOIN, entrance.cgroup] : [PASS, entrance.gate];
  return ['-c', script, place, ...restored, ...command];
};

/** Opened to append: the program writes on after the daemon has died, and rotation can shorten the file under it. */
const openLog = (path: string): number => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
};

const spawnFailed = (plan: SpawnPlan, cause: unknown): BatonError =>
  new BatonError('spawn-failed', `"${plan.command[0]}" could not be started in ${plan.cwd}`, {
    hint: 'Check that the machine has processes and memory left (ulimit -u, free -m).',
    cause,
  });

/**
 * Starts the program in a session of its own, with nothing of the daemon's but its two log files.
 * @throws BatonError `spawn-failed`
 */
export const spawnDetached = async (plan: SpawnPlan): Promise<Spawned> => {
  const out = openLog(plan.outLog);
  const err = openLog(plan.errLog);
  try {
    const child = spawn('/bin/sh', throughEntrance(plan.entrance, plan.command, plan.environment), {
      cwd: plan.cwd,
      env: plan.environment,
      detached: true,
      stdio: ['ignore', out, err],
    });
    // At once: until the event loop turns nobody reaps it, so the pid is surely still this process.
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    const exited = new Promise<ExitStatus>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal, outOfMemory: false }));
    });
    await once(child, 'spawn').catch((error: unknown) => {
      throw spawnFailed(plan, error);
    });
    if (identity === undefined) throw spawnFailed(plan, undefined);
    child.unref();
    return { child, identity, exited };
  } finally {
    closeSync(out);
    closeSync(err);
  }
};
