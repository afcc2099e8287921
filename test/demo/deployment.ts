import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { StreamLine } from '@baton/api';
import { FirstAnswers } from './first-answers.ts';
import type { Stage } from './stage.ts';

/** No deployment of the demo takes longer, whatever happens to it. */
const BOUND_MS = 60_000;
const MAX_STDERR = 4_000;

type Journaled = Extract<StreamLine, { readonly kind: 'journal' }>;

/** One run of `baton deploy`, seen from outside. Times are wall milliseconds. */
export interface Deployment {
  readonly release: number;
  readonly exitCode: number | null;
  readonly outcome: string;
  readonly summary: string;
  /** From the start of the command to its end. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** In which at least one new instance was starting, by the demo's own probe. */
  readonly startingMs: number;
  /** When each kind of line was first read. */
  readonly readAt: ReadonlyMap<string, number>;
}

export interface DeployOptions {
  /** Told of every durable line, in the moment in which the command says it. */
  readonly onLine?: (line: Journaled) => void;
}

const pidOf = (handle: unknown): number => Number.parseInt(String(handle), 10);

/** What a line of the journal is called here: `intent` is told apart by what is intended. */
const nameOf = ({ type, payload }: Journaled): string => {
  if (type === 'intent') return `intent ${String(payload.action)}`;
  if (type === 'verdict')
    return `verdict ${String((payload.verdict as { readonly check?: unknown } | undefined)?.check)}`;
  if (type === 'traffic.switched') return `switched ${String(payload.direction)}`;
  if (type === 'slot.retired') return `retired ${String(payload.service)}`;
  return type;
};

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });

/** Runs `baton deploy local --json` to its end. */
export const deploy = async (stage: Stage, release: number, options: DeployOptions = {}): Promise<Deployment> => {
  const startedAt = Date.now();
  const child = stage.baton(['deploy', 'local', '--json']);
  const over = ended(child);
  const answers = new FirstAnswers();
  const readAt = new Map<string, number>();
  let last: StreamLine | undefined;
  let refusal = '';
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-MAX_STDERR);
  });
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (text) => {
    const line = JSON.parse(text) as StreamLine | { readonly error: unknown };
    if ('error' in line) {
      refusal = text;
      return;
    }
    last = line;
    if (line.kind !== 'journal') return;
    const name = nameOf(line);
    if (!readAt.has(name)) readAt.set(name, Date.now());
    if (line.type === 'instance.launched' && line.payload.release === release)
      answers.watch(pidOf(line.payload.handle));
    options.onLine?.(line);
  });
  const bound = setTimeout(() => child.kill('SIGTERM'), BOUND_MS);
  const stop = (): void => void child.kill('SIGTERM');
  stage.interrupted.addEventListener('abort', stop, { once: true });
  const exitCode = await over;
  clearTimeout(bound);
  stage.interrupted.removeEventListener('abort', stop);
  stage.interrupted.throwIfAborted();
  const endedAt = Date.now();
  if (last?.kind !== 'end') {
    throw new Error(`baton deploy ended with ${exitCode} and no outcome: ${refusal}${stderr}`.trimEnd());
  }
  const { outcome, summary } = last;
  return { release, exitCode, outcome, summary, startedAt, endedAt, startingMs: await answers.startingMs(), readAt };
};
