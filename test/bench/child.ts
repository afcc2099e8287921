import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const STOP_GRACE_MS = 5_000;
const MAX_KEPT_LINES = 2_000;

/** A process that a section started. Its last lines are kept, from both outputs. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #ended: Promise<number | null>;
  #startError: Error | undefined;
  #over = false;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.#name = command;
    this.#process = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      if (output !== null) createInterface({ input: output }).on('line', (line) => this.#take(line));
    }
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.#over = true;
        this.#wake();
        resolve(code);
      };
      this.#process.on('error', (error) => {
        this.#startError = error;
        end(null);
      });
      this.#process.on('close', end);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True when it has ended. */
  get over(): boolean {
    return this.#over;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /**
   * The first line that matches, one that was already written included.
   * @throws Error where the process ends or the bound passes first, with its last lines
   */
  async waitForLine(pattern: RegExp, boundMs = 10_000): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const line = this.#lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) resolve(line);
      else if (this.#over) reject(this.trouble('ended'));
    };
    const bound = setTimeout(() => reject(this.trouble(`wrote no line like ${pattern} within ${boundMs} ms`)), boundMs);
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(bound);
      this.#listeners.delete(look);
    }
  }

  /** Exit code; null where a signal ended it. @throws Error where it could not be started */
  async ended(): Promise<number | null> {
    const code = await this.#ended;
    if (this.#startError !== undefined) throw this.#startError;
    return code;
  }

  /** SIGTERM by pid, and SIGKILL where that is not enough. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    if (this.#over) return;
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await this.#ended;
    clearTimeout(kill);
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_KEPT_LINES) this.#lines.shift();
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** An error that says what it did, with its last lines. */
  trouble(what: string): Error {
    const last = this.#lines.slice(-8).join('\n  ');
    return new Error(`${this.#name} ${what}${last === '' ? '' : `; its last lines:\n  ${last}`}`, {
      cause: this.#startError,
    });
  }
}
