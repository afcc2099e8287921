import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { BatonError, type InstanceId } from '@baton/core';
import { killProcess } from '../confinement/index.ts';
import { environmentOf, isAlive } from '../proc/index.ts';
import { findExecutable } from './command.ts';
import type { Runtime } from './runtime.ts';
import { type Entrance, throughEntrance } from './spawn.ts';

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of each stream the first so many bytes are kept; the rest is read and dropped. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

const collect = (stream: Readable): (() => string) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, Math.max(0, MAX_OUTPUT_BYTES - bytes));
    if (kept.length > 0) chunks.push(kept);
    bytes += kept.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
};

const notRunning = (instance: string): BatonError =>
  new BatonError('instance-not-running', `Instance ${instance} does not run, so nothing can be run in its place`, {
    hint: 'See "baton status" for what runs.',
  });

/**
 * Runs a command as the instance itself would: its environment, its folder, its confinement, so that
 * a hook that hangs dies with the instance. A signal that ended it is 128 and its number, as in a shell.
 * @throws BatonError `instance-not-running`, `command-not-found`, `exec-timeout`
 */
export const exec = async (
  runtime: Runtime,
  instance: InstanceId,
  command: readonly string[],
  timeoutMs: number,
): Promise<ExecResult> => {
  const stored = runtime.records.read(instance);
  const record = stored.kind === 'record' ? stored.record : undefined;
  const main = record?.process;
  if (record === undefined || main === null || main === undefined || !isAlive(main)) throw notRunning(instance);
  const environment = environmentOf(main.pid);
  const [program, ...rest] = command;
  if (environment === undefined) throw notRunning(instance);
  const cwd = readlinkSync(`/proc/${main.pid}/cwd`);
  const found = program === undefined ? undefined : findExecutable(program, cwd, environment.PATH ?? '');
  if (found === undefined) {
    throw new BatonError(
      'command-not-found',
      `Service "${record.service}": the command "${program ?? ''}" is not there or may not be executed (looked from ${cwd})`,
      {
        fault: 'user',
        hint: "Correct the command in baton.yaml or the compose file; it is run from the service's own folder.",
      },
    );
  }
  const entrance: Entrance =
    record.cgroup === null ? { gate: runtime.layout.gate(instance) } : { cgroup: record.cgroup };
  return run(throughEntrance(entrance, [found, ...rest], environment), cwd, environment, timeoutMs);
};

const run = (
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  timeoutMs: number,
): Promise<ExecResult> =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killProcess(-child.pid, 'SIGKILL');
      // A grandchild in another group may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (!timedOut)
        return resolve({
          code: code ?? 128 + constants.signals[signal ?? 'SIGKILL'],
          stdout: stdout(),
          stderr: stderr(),
        });
      reject(
        new BatonError('exec-timeout', `A command did not end within ${timeoutMs} ms and was killed`, {
          hint: 'Its effect is unknown. Give it more time, or find out why it hangs.',
        }),
      );
    });
  });
