import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProofReport } from '../../packages/testkit/src/proof/proof.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REGISTER = resolve(ROOT, 'packages/testkit/src/seeded-bugs/register.ts');
/** What is kept of an error output. */
const TAIL_LINES = 40;
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

export interface ChildRequest {
  /** A file of the repository that Node runs, with its arguments. */
  readonly entry: string;
  readonly args: readonly string[];
  /** The seeded bug to be put into the code. */
  readonly bug?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ChildResult {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly timedOut: boolean;
  readonly output: string;
  /** The last lines of its error output. */
  readonly tail: readonly string[];
}

/** Runs one part as a process of its own, with everything that it starts, and ends all of it at its bound. */
export const runChild = async (request: ChildRequest): Promise<ChildResult> => {
  const { entry, args, bug, timeoutMs, signal, progress, environment } = request;
  const child = spawn(
    process.execPath,
    [...(bug === undefined ? [] : ['--import', REGISTER]), resolve(ROOT, entry), ...args],
    {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', BATON_SEEDED_BUG: bug ?? '', ...environment },
    },
  );
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Everything of it has ended by itself.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= MAX_REPORT_BYTES) pieces.push(piece);
  });
  const tail: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    progress?.(line);
  });
  const status = await new Promise<number | null>((ended) => {
    child.once('error', (error) => {
      tail.push(error.message);
      ended(null);
    });
    child.once('close', (code) => ended(code));
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  end();
  return { status, timedOut, output: Buffer.concat(pieces).toString('utf8'), tail };
};

const isReport = (value: unknown): value is ProofReport =>
  value !== null && typeof value === 'object' && 'part' in value && 'violations' in value && 'steps' in value;

/** The report that a part prints as JSON, whole or as its last line. */
export const reportIn = (output: string): ProofReport | undefined => {
  for (const text of [output, output.trimEnd().split('\n').at(-1) ?? '']) {
    try {
      const value: unknown = JSON.parse(text);
      if (isReport(value)) return value;
    } catch {
      // Not this one.
    }
  }
  return undefined;
};
