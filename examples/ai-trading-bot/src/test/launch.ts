import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const secret = 'a-secret-of-the-test';
const compileCache = join(import.meta.dirname, '../../../../node_modules/.cache/example-tests');
let starts = 0;

/** A service that runs as its own process, started as Baton would. */
export interface Launched {
  readonly base: string;
  readonly child: ChildProcess;
  readonly instance: string;
  readonly lines: string[];
  /** A lifecycle call under `token`. */
  readonly command: (kind: string, token: number, more?: object) => Promise<{ status: number; body: Answer }>;
  readonly get: (path: string) => Promise<{ status: number; body: Answer }>;
  /** Kills it and waits for its death. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<number | null>;
}
export type Answer = Readonly<Record<string, unknown>>;

/** Starts `main.ts` in `directory`, without waiting for it to listen. */
export function spawnService(directory: string, env: Readonly<Record<string, string>>): ChildProcess {
  starts += 1;
  return spawn(process.execPath, ['main.ts'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      PORT: '0',
      // Halves the start of a process that strips types; the tests start sixty.
      NODE_COMPILE_CACHE: compileCache,
      BATON_APP: 'ai-trading-bot',
      BATON_SERVICE: 'under-test',
      BATON_SLOT: 'blue',
      BATON_RELEASE: '1',
      BATON_DIGEST: 'sha256:test',
      BATON_INSTANCE: starts.toString(16).padStart(32, '0'),
      BATON_SECRET: secret,
      BATON_START_AS: 'standby',
      ...env,
    },
  });
}

/** Starts a service and waits until it says where it listens; throws with its output where it ends before. */
export async function launch(directory: string, env: Readonly<Record<string, string>>): Promise<Launched> {
  const child = spawnService(directory, env);
  const instance = starts.toString(16).padStart(32, '0');
  const lines: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const found = /listens on (\d+)|"listening":(\d+)/.exec(line);
        if (found) resolve(found[1] ?? found[2] ?? '');
      });
    }
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it listened:\n${lines.join('\n')}`)));
  });
  const base = `http://127.0.0.1:${port}`;
  const get = async (path: string) => {
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${secret}` } });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
  const command = async (kind: string, token: number, more: object = {}) => {
    const answer = await fetch(`${base}/lifecycle/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ instance, token, epoch: 1, checkpoint: null, stale: false, ...more }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return { base, child, instance, lines, command, get, kill };
}
