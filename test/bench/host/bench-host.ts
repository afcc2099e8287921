import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedReport, StreamLine } from '@baton/api';
import type { App } from '@baton/core';
import { Child } from '../child.ts';
import type { BenchContext } from '../context.ts';
import { compileCache } from './compiled.ts';
import { DaemonApi } from './daemon-api.ts';
import { Deployment } from './deployment.ts';
import { processesBelow } from './processes-below.ts';

const START_BOUND_MS = 15_000;
const SWEEP_BOUND_MS = 5_000;
const POLL_MS = 20;

/** A host of the section's own: daemon, gateway and whatever they run, all of it gone after the section. */
export class BenchHost {
  readonly stateDir: string;
  readonly api: DaemonApi;
  readonly #context: BenchContext;
  readonly #apps = new Map<string, App>();
  #daemon: Child | undefined;

  private constructor(context: BenchContext, name: string) {
    this.#context = context;
    this.stateDir = join(context.dir, name);
    this.api = new DaemonApi(join(this.stateDir, 'daemon.sock'), context.signal);
  }

  /** Starts daemon and gateway. The compile cache is the section's own, as an installed Baton has one. */
  static async start(context: BenchContext, name = 'state'): Promise<BenchHost> {
    const host = new BenchHost(context, name);
    context.defer(() => host.close());
    const main = join(context.root, 'packages/cli/src/serve/main.ts');
    host.#daemon = new Child(process.execPath, [main, '--state-dir', host.stateDir], { env: compileCache(context) });
    await host.#daemon.waitForLine(/"daemon started"/, START_BOUND_MS);
    return host;
  }

  /** Of the daemon, and of the gateway that it started last. */
  get pids(): { readonly daemon: number; readonly gateway: number } {
    const started = this.#daemon?.lines.findLast((line) => line.includes('"gateway started"')) ?? '{}';
    const { pid } = JSON.parse(started) as { readonly pid?: number };
    const daemon = this.#daemon?.pid;
    if (daemon === undefined || pid === undefined) throw new Error('the daemon has not said which gateway it started');
    return { daemon, gateway: pid };
  }

  /** Deploys what the app is now, and follows it to its end, whatever that is. */
  async deploy(app: App, onLine?: (line: StreamLine) => void): Promise<Deployment> {
    return await this.#goal(app, () => this.api.deploy(app), onLine);
  }

  /** A handover of every service to a fresh start of the same release. */
  async restart(app: App): Promise<Deployment> {
    return await this.#goal(app, () => this.api.restart(app));
  }

  /** Nothing runs any more of what was deployed; daemon and gateway stay. */
  async stop(app: App): Promise<Deployment> {
    return await this.#goal(app, () => this.api.stop(app));
  }

  async #goal(app: App, ask: () => Promise<AcceptedReport>, onLine?: (line: StreamLine) => void): Promise<Deployment> {
    this.#apps.set(`${app.name}/${app.environment.name}`, app);
    const startMs = performance.now();
    const accepted = await ask();
    if (accepted.unchanged) throw new Error(`${accepted.scope}: nothing to do, although a goal was asked for`);
    const lines = await this.api.follow(app, accepted.generation, onLine);
    return new Deployment(accepted, lines, performance.now() - startMs);
  }

  /** In order where the section ended well; whatever is left then, or after an interrupt, is killed by its pid. */
  async close(): Promise<void> {
    const { signal } = this.#context;
    for (const app of signal.aborted ? [] : this.#apps.values()) await this.stop(app).catch(() => undefined);
    await this.#daemon?.stop();
    const untilMs = performance.now() + SWEEP_BOUND_MS;
    for (let left = processesBelow(this.stateDir); left.length > 0; left = processesBelow(this.stateDir)) {
      if (performance.now() > untilMs) throw new Error(`processes ${left.join(', ')} do not end`);
      for (const pid of left) kill(pid);
      await sleep(POLL_MS);
    }
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};
