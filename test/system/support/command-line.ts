import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileCache } from './daemon-process.ts';
import { within } from './eventually.ts';

const BATON = fileURLToPath(new URL('../../../bin/baton', import.meta.url));
const COMMAND_MS = 90_000;

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the command line. */
export class Command {
  readonly child: ChildProcess;
  readonly #result: Promise<CommandResult>;

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(BATON, args, {
      cwd,
      env: { ...process.env, ...compileCache, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#result = this.#read();
  }

  async result(): Promise<CommandResult> {
    return await within(`baton ends (${this.child.spawnargs.slice(1).join(' ')})`, COMMAND_MS, this.#result);
  }

  async #read(): Promise<CommandResult> {
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
      });
    }
    const [code] = (await once(this.child, 'close')) as [number | null];
    return { code, ...text };
  }
}
