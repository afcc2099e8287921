import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askHealth, type CheckFunction, type HealthFunction, runChecks } from './health.ts';
import type { WorkloadHooks } from './hooks.ts';
import { type Environment, type Identity, readIdentity, readPort } from './identity.ts';
import { InFlight } from './in-flight.ts';
import { answerJson } from './json-answer.ts';
import { Lifecycle } from './lifecycle.ts';
import { LifecycleCalls } from './lifecycle-calls.ts';
import { asksForChannel, LifecycleChannels } from './lifecycle-channel.ts';
import { LifecycleRoutes } from './lifecycle-routes.ts';
import { workloadMetrics } from './metrics.ts';
import { createServer } from './node-http.ts';
import { rehearse } from './rehearsal.ts';
import { terminate } from './termination.ts';
import type { SettleBody } from './wire.ts';
import { WorkloadError } from './workload-error.ts';

/** Below the grace of ten seconds that most supervisors give before they kill. */
const longestDrainMs = 8_000;

export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface WorkloadOptions extends WorkloadHooks {
  /** Where PORT is not set; 0 lets the system choose. */
  readonly port?: number;
  readonly hostname?: string;
  readonly health?: HealthFunction;
  readonly checks?: Readonly<Record<string, CheckFunction>>;
  /** The program's own metrics in the Prometheus text format, put after the SDK's. */
  readonly metrics?: () => string;
  /** Everything that is not the contract's. */
  readonly routes?: RouteHandler;
  /** What SIGTERM does to a singleton beyond quiescing it. Absent: nothing is cancelled or closed by itself. */
  readonly settleOnTerminate?: SettleBody;
  readonly onStop?: () => Promise<void> | void;
  /** How long requests may take to end after SIGTERM. */
  readonly drainMs?: number;
  readonly env?: Environment;
  readonly now?: () => number;
  readonly log?: (line: string) => void;
}

/** A program that Baton can hand the right to act to. Made by {@link createWorkload}. */
export class Workload {
  readonly identity: Identity;
  readonly server: Server;
  readonly #options: WorkloadOptions;
  readonly #env: Environment;
  readonly #inFlight = new InFlight();
  readonly #lifecycle: Lifecycle;
  readonly #routes: LifecycleRoutes;
  readonly #channels: LifecycleChannels;
  readonly #log: (line: string) => void;
  #ending: Promise<number> | undefined;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#env = options.env ?? process.env;
    this.#log = options.log ?? ((line) => console.error(line));
    this.identity = readIdentity(this.#env);
    this.#lifecycle = new Lifecycle({
      identity: this.identity,
      hooks: options,
      inFlight: this.#inFlight,
      now: options.now ?? Date.now,
      log: this.#log,
    });
    const calls = new LifecycleCalls(this.#lifecycle);
    this.#routes = new LifecycleRoutes(calls, this.#env.BATON_SECRET);
    this.#channels = new LifecycleChannels(calls, this.#env.BATON_SECRET);
    // Longer than any proxy keeps an idle connection, so that it is never we who close one in use.
    const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
      asksForChannel(request) || this.server.listenerCount('upgrade') > 1;
    this.server = createServer(
      { keepAlive: true, keepAliveTimeout: 75_000, shouldUpgradeCallback },
      (request, response) => this.handler(request, response),
    );
    this.#channels.attach(this.server);
  }

  /** May an order be sent now? Ask in the same turn in which it is sent. */
  mayAct(): boolean {
    return this.#lifecycle.mayAct;
  }

  /** The token to put on orders; 0 in standby and for replicas. It stays readable while settling. */
  get token(): number {
    return this.#lifecycle.token;
  }

  get phase(): string {
    return this.#lifecycle.record.phase;
  }

  /** Requests to the broker that are counted by {@link track} and not yet answered. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** Counts a request to the broker until it settles, so that settling waits for it. */
  track<T>(promise: Promise<T>): Promise<T> {
    return this.#inFlight.track(promise);
  }

  /**
   * The guard and the count in one: sends only while this process may act.
   * @throws WorkloadError `not-acting`, with nothing sent.
   */
  act<T>(send: (token: number) => Promise<T>): Promise<T> {
    if (!this.mayAct()) {
      throw new WorkloadError('not-acting', `May not act: phase ${this.phase}.`, 'Wait for onActivate before sending.');
    }
    return this.#inFlight.track(send(this.token));
  }

  /** Says that the fate of a request is unknown until the returned function is called. */
  doubt(reason: string): () => void {
    return this.#inFlight.doubt(reason);
  }

  /**
   * Answers the contract's paths and hands every other request to `next`. For a program with a server of its own.
   */
  handler(request: IncomingMessage, response: ServerResponse, next?: () => void): void {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const answered = this.#answer(request, response, path, next);
    answered?.catch((error: unknown) => {
      this.#log(`${request.method} ${path} failed: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) answerJson(response, 500, { error: 'internal' });
      else response.destroy();
    });
  }

  /**
   * Listens, begins to act where it was started as a holder, and takes SIGTERM and SIGINT. A standby is answered for
   * from the moment it listens, and has rehearsed a handover when this resolves.
   */
  async listen(): Promise<AddressInfo> {
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(readPort(this.#env, this.#options.port ?? 0), this.#options.hostname ?? '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => void this.stop().then((code) => process.exit(code)));
    }
    await this.#lifecycle.begin();
    if (this.identity.startAs === 'standby') await rehearse();
    return server.address() as AddressInfo;
  }

  /** What SIGTERM does, without the exit; asked twice it runs once. Resolves with the exit code. */
  stop(): Promise<number> {
    const { settleOnTerminate, onStop, drainMs } = this.#options;
    this.#ending ??= terminate({
      lifecycle: this.#lifecycle,
      inFlight: this.#inFlight,
      server: this.server,
      channels: this.#channels,
      drainMs: drainMs ?? longestDrainMs,
      log: this.#log,
      ...(settleOnTerminate ? { settle: settleOnTerminate } : {}),
      ...(onStop ? { onStop } : {}),
    });
    return this.#ending;
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    next: (() => void) | undefined,
  ): Promise<void> | undefined {
    if (path === '/lifecycle' || path.startsWith('/lifecycle/')) return this.#routes.handle(request, response, path);
    if (path === '/health') return this.#health(response);
    if (path === '/health/detailed') return this.#detailed(response);
    if (path === '/metrics') return this.#metrics(response);
    if (next) {
      next();
      return undefined;
    }
    const { routes } = this.#options;
    if (!routes) {
      answerJson(response, 404, { error: 'not-found' });
      return undefined;
    }
    return (async () => routes(request, response))();
  }

  async #health(response: ServerResponse): Promise<void> {
    const health = await askHealth(this.#options.health);
    if (health === true) answerJson(response, 200, { status: 'healthy' });
    else answerJson(response, 503, { status: 'unhealthy', reason: health });
  }

  async #detailed(response: ServerResponse): Promise<void> {
    const [health, checks] = await Promise.all([
      askHealth(this.#options.health),
      runChecks(this.#options.checks ?? {}),
    ]);
    const { release, digest, instance, phase, token } = this.#lifecycle.state;
    const status = health === true ? 'healthy' : 'unhealthy';
    answerJson(response, health === true ? 200 : 503, { status, release, digest, instance, phase, token, checks });
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const body = workloadMetrics(this.identity, this.#lifecycle, this.#inFlight) + (this.#options.metrics?.() ?? '');
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(body);
  }
}

/**
 * Makes a workload; `listen()` starts it.
 * @throws WorkloadError `bad-environment` where Baton's variables are there and wrong.
 */
export const createWorkload = (options: WorkloadOptions = {}): Workload => new Workload(options);
