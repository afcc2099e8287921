import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildOptions } from './child.ts';
import { Child } from './child.ts';
import type { BenchTarget } from './section.ts';

const POLL_MS = 5;
/** Debian keeps servers here, which is not in every user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** What a section works with. Everything started or deferred through it is undone when the section has ended. */
export class BenchContext {
  /** The repository. */
  readonly root = fileURLToPath(new URL('../..', import.meta.url));
  readonly target: BenchTarget;
  readonly signal: AbortSignal;
  readonly #say: (text: string) => void;
  readonly #undo: (() => unknown)[] = [];
  readonly #children = new Set<Child>();
  readonly #interrupt = (): void => void this.#stopChildren();
  #dir: string | undefined;

  constructor(target: BenchTarget, signal: AbortSignal, say: (text: string) => void) {
    this.target = target;
    this.signal = signal;
    this.#say = say;
    signal.addEventListener('abort', this.#interrupt, { once: true });
  }

  /** A folder of the section's own. */
  get dir(): string {
    if (this.#dir === undefined) {
      const dir = mkdtempSync(join(tmpdir(), 'baton-bench-'));
      this.defer(() => rmSync(dir, { recursive: true, force: true }));
      this.#dir = dir;
    }
    return this.#dir;
  }

  /** One line for whoever watches; replaces the one before in a terminal. */
  progress(text: string): void {
    this.signal.throwIfAborted();
    this.#say(text);
  }

  /** Starts a program, stopped by its pid after the section, or when the bench is interrupted. */
  spawn(command: string, args: readonly string[], options?: ChildOptions): Child {
    this.signal.throwIfAborted();
    const child = new Child(command, args, options);
    this.#children.add(child);
    return child;
  }

  /** Starts one of this repository's own programs under the Node that runs the bench. */
  spawnNode(script: string, args: readonly string[], options?: ChildOptions): Child {
    return this.spawn(process.execPath, [join(this.root, script), ...args], options);
  }

  /** Undone after the section, last first, when its programs have been stopped. */
  defer(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  /** Full path of an installed program, or undefined. */
  find(program: string): string | undefined {
    const folders = [...(process.env.PATH ?? '').split(':'), ...SERVER_FOLDERS];
    return folders.map((folder) => join(folder, program)).find(executable);
  }

  /** A port of 127.0.0.1 that was free a moment ago. */
  async freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** Resolves when `child` accepts connections there. @throws Error after the bound, or when it ended before */
  async waitForPort(port: number, child: Child, boundMs = 10_000): Promise<void> {
    const untilMs = performance.now() + boundMs;
    while (!(await accepts(port))) {
      this.signal.throwIfAborted();
      if (child.over) throw child.trouble('ended');
      if (performance.now() > untilMs) throw child.trouble(`does not listen on 127.0.0.1:${port} after ${boundMs} ms`);
      await sleep(POLL_MS);
    }
  }

  /** Undoes everything; the first thing that cannot be undone is thrown when the rest has been. */
  async close(): Promise<void> {
    await this.#stopChildren();
    this.signal.removeEventListener('abort', this.#interrupt);
    let failure: { readonly error: unknown } | undefined;
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  async #stopChildren(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()));
  }
}

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
