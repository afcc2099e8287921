import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { BenchContext } from '../context.ts';
import { compileCache } from './compiled.ts';

/** Longer than any deployment of a section. */
const BOUND_MS = 120_000;

export interface BatonRun {
  readonly code: number | null;
  /** From before the start of the process to its end. */
  readonly wallMs: number;
  readonly stderr: string;
}

export interface BatonCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** `bin/baton`, as a person runs it. */
export const baton = async (context: BenchContext, call: BatonCall): Promise<BatonRun> => {
  const startMs = performance.now();
  const child = spawn(join(context.root, 'packages/cli/bin/baton'), call.args, {
    cwd: call.cwd,
    env: { ...process.env, ...compileCache(context), ...call.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(BOUND_MS)]),
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4_000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => call.onLine?.(line));
  const code = await ended(child);
  return { code, wallMs: performance.now() - startMs, stderr };
};

const ended = (child: ChildProcessByStdio<null, Readable, Readable>): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
