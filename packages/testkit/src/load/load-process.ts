import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BatonError } from '@baton/core';
import type { LoadCommand, LoadEvent } from './control.ts';
import type { DrainAnnouncement } from './load-generator.ts';
import type { LoadPlanInput } from './plan.ts';
import { loadPlan } from './plan.ts';
import type { LoadReport } from './report.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const START_MS = 10_000;
const ANSWER_MS = 10_000;

interface Waiter {
  readonly wants: (event: LoadEvent) => boolean;
  readonly give: (event: LoadEvent) => void;
  readonly fail: (error: Error) => void;
}

/**
 * A load generator in a process of its own, so that its work and the caller's do not slow each other.
 * It ends with its caller: the end of its input stops it.
 */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  readonly #waiters = new Set<Waiter>();
  #ended: LoadReport | undefined;
  #failure: BatonError | undefined;
  #stderr = '';
  #nextId = 1;

  private constructor(child: ChildProcess, graceMs: number) {
    this.#child = child;
    this.#graceMs = graceMs;
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    lines.on('line', (line) => this.#take(JSON.parse(line) as LoadEvent));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000);
    });
    // A command to a process that has just died is answered by `close`, below.
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) => this.#failAll(error.message));
    // `close` comes after the last line was read, `exit` may come before.
    child.on('close', (code, signal) => this.#failAll(`it ended with ${signal ?? code}: ${this.#stderr}`));
  }

  /**
   * Starts the load; resolves when it runs.
   * @throws BatonError `load-plan-invalid`, `load-process-failed`
   */
  static async start(input: LoadPlanInput): Promise<LoadProcess> {
    const plan = loadPlan(input);
    const child = spawn(process.execPath, [MAIN, '--plan', JSON.stringify(input)], { stdio: ['pipe', 'pipe', 'pipe'] });
    const load = new LoadProcess(child, plan.graceMs);
    try {
      await load.#event((event) => event.event === 'started' || event.event === 'refused', START_MS);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return load;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async report(): Promise<LoadReport> {
    if (this.#ended !== undefined) return this.#ended;
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = this.#event((event) => event.event === 'report' && event.id === id, ANSWER_MS);
    this.#tell({ do: 'report', id });
    const event = await answer;
    return (event as LoadEvent & { readonly event: 'report' }).report;
  }

  /** See {@link LoadGenerator}; resolves when it is in force. */
  async expectRelease(release: string | undefined): Promise<void> {
    this.#tell({ do: 'expect', release: release ?? null });
    // Commands are obeyed in their order, so the answer to a later one says that this one was.
    await this.report();
  }

  /** This and the next: see the methods of the same names of {@link LoadGenerator}. */
  noteDied(instance: string): void {
    this.#tell({ do: 'died', instance });
  }

  noteDrain(drain: DrainAnnouncement): void {
    this.#tell({ do: 'drain', ...drain });
  }

  /** Ends the load and waits for its report; also where the plan's duration ended it before. */
  async stop(): Promise<LoadReport> {
    if (this.#ended !== undefined) return this.#ended;
    const answer = this.#event((event) => event.event === 'ended', this.#graceMs * 2 + ANSWER_MS);
    this.#tell({ do: 'stop' });
    await answer;
    return this.#ended as unknown as LoadReport;
  }

  /** Ends it at once, without a report. For the way out after an error. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #tell(command: LoadCommand): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  #take(event: LoadEvent): void {
    if (event.event === 'ended') this.#ended = event.report;
    for (const waiter of this.#waiters) if (waiter.wants(event)) waiter.give(event);
  }

  async #event(wants: (event: LoadEvent) => boolean, boundMs: number): Promise<LoadEvent> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<LoadEvent>();
    const waiter = { wants, give: resolve, fail: reject };
    this.#waiters.add(waiter);
    const bound = setTimeout(() => reject(failed(`it did not answer within ${boundMs} ms`)), boundMs);
    try {
      const event = await promise;
      if (event.event === 'refused')
        throw new BatonError(event.code, event.message, { hint: event.hint, fault: 'user' });
      return event;
    } finally {
      clearTimeout(bound);
      this.#waiters.delete(waiter);
    }
  }

  #failAll(reason: string): void {
    this.#failure = failed(reason);
    for (const waiter of this.#waiters) waiter.fail(this.#failure);
  }
}

const failed = (reason: string): BatonError =>
  new BatonError('load-process-failed', `The load generator's process failed: ${reason}`, {
    hint: 'Run packages/testkit/src/load/main.ts by hand with the same plan to see what it says.',
  });
