import type { StreamLine } from '@baton/api';
import {
  type Action,
  BatonError,
  type Checkpoint,
  drive,
  type EnginePorts,
  EXIT_CODES,
  foldFacts,
  type Goal,
  type GoalEvent,
  goalOf,
  HealthMonitor,
  hasCode,
  hydrateGoal,
  type Kept,
  type LogLevel,
  lifecycleAddress,
  look,
  noFacts,
  perform,
  planRestart,
  releasesNamed,
  type Scope,
  Session,
  type StrategySpec,
  type Supervision,
  scopeKey,
  speaksLifecycle,
  standingGoal,
  supervise,
  Wake,
  worldOf,
} from '@baton/core';
import type { Log } from '../log.ts';
import { Backoff } from './backoff.ts';
import { CheckpointTimes } from './checkpoint-times.ts';
import { Followers } from './followers.ts';
import { type DriverIdentity, DriverLock } from './mandate.ts';
import { openGoal } from './opening.ts';
import { readGoalEvents, readReleases, readStanding, referenceIn, type Standing } from './standing.ts';

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** After an error of the loop itself (a full disk, a store that does not answer). */
const TROUBLE_MS = 500;

/** Whose learned state can be asked for now. */
const checkpointed = (session: Session): readonly Kept[] =>
  session.instances.known
    ? session.goal.kept.filter(({ pinned }) => speaksLifecycle(pinned) && pinned.spec.singleton?.stop === 'http')
    : [];

/** What is being done or waited for at this moment. */
export interface CurrentStep {
  readonly step: string;
  readonly reason: string;
}

/**
 * One app in one environment: a single loop that either drives the open goal or keeps standing what
 * stands. Everything that is asked of it goes through the store, so a crash between two lines loses nothing.
 */
export class Environment {
  readonly scope: Scope;
  readonly key: string;
  readonly stateDir: string;
  readonly followers = new Followers();
  readonly lock: DriverLock;
  readonly #ports: EnginePorts;
  readonly #write: Log;
  #level: LogLevel = 'info';
  readonly #abort = new AbortController();
  readonly #wake = new Wake();
  readonly #monitor: HealthMonitor;
  readonly #backoff: Backoff;
  #session: Session | undefined;
  #current: CurrentStep = { step: 'start', reason: 'looking at what is there' };
  #running: Promise<void> | undefined;
  readonly #checkpointTimes: CheckpointTimes;
  trouble: string | undefined;
  #preparing = 0;
  #pruning: Promise<void> = Promise.resolve();

  constructor(stateDir: string, scope: Scope, ports: Omit<EnginePorts, 'emit'>, log: Log, identity?: DriverIdentity) {
    this.stateDir = stateDir;
    this.scope = scope;
    this.key = scopeKey(scope);
    this.#write = log;
    this.#ports = { ...ports, emit: (_scope, event) => this.#emit(event) };
    this.lock = new DriverLock(ports.store, ports.clock, this.key, identity);
    this.#checkpointTimes = new CheckpointTimes(() => ports.clock.monotonicMs());
    this.#backoff = new Backoff(() => ports.clock.monotonicMs());
    this.#monitor = new HealthMonitor({
      clock: ports.clock,
      prober: ports.prober,
      target: ports.target,
      resolve: (service, port) => this.#resolve(service, port),
      changed: this.#wake.notify,
    });
  }

  /** As much as the app's `logLevel` asks for. */
  #log(level: LogLevel, message: string, fields: Record<string, unknown>): void {
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.#level)) this.#write(level, message, fields);
  }

  get ports(): EnginePorts {
    return this.#ports;
  }

  get current(): CurrentStep {
    return this.#current;
  }

  /** The world as this environment's loop last saw it. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** A fresh look for a reader; the loop's own view, on which it decides, is left alone. */
  async snapshot(): Promise<Session | undefined> {
    const own = this.#session;
    if (own === undefined) return undefined;
    const copy = new Session(own.goal, this.#ports, own.mandate, own.facts);
    copy.bakeHealthyMs = own.bakeHealthyMs;
    await look(copy, this.#monitor);
    return copy;
  }

  async start(): Promise<void> {
    await this.lock.take();
    this.#running = this.#loop();
  }

  /** Stops looking and driving; whatever runs goes on running. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake.notify();
    await this.#running;
    this.#monitor.close();
    await this.lock.release();
  }

  /** Something was written that the loop should see now. */
  wake(): void {
    this.#wake.notify();
  }

  async standing(): Promise<Standing> {
    return await readStanding(this.#ports.store, this.key);
  }

  async open(standing: Standing, goal: Goal, release: Parameters<typeof openGoal>[3]): Promise<void> {
    await openGoal(this.#ports, standing, goal, release, this.lock.mandate);
    this.#wake.notify();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const standing = await this.standing();
        if (standing.environment.open === null) await this.#stand(standing);
        else await this.#drive(standing, standing.environment.open);
        this.trouble = undefined;
      } catch (error) {
        if (signal.aborted) return;
        await this.#troubled(error);
      }
    }
  }

  /** Nothing is given up: the store may come back, the disk may be freed, the mandate may be taken again. */
  async #troubled(error: unknown): Promise<void> {
    this.trouble = error instanceof Error ? error.message : String(error);
    this.#log('error', 'the loop stopped and starts again', { scope: this.key, error: this.trouble });
    // Refused while another drives; taken again where nobody does, as after a store that was restored.
    if (hasCode(error, 'driver-replaced')) await this.lock.take().catch(() => undefined);
    this.#current = { step: 'trouble', reason: this.trouble };
    await this.#ports.clock.sleep(TROUBLE_MS, this.#abort.signal).catch(() => undefined);
  }

  async #drive(standing: Standing, open: { readonly generation: number; readonly seq: number }): Promise<void> {
    const { store } = this.#ports;
    const read = await readGoalEvents(store, this.key, open.generation, open.seq);
    const reference = referenceIn(read.events);
    const named = new Set([
      ...reference.moves.flatMap((move) => [move.from?.release ?? 0, move.to?.release ?? 0]),
      ...reference.kept.map((kept) => kept.release),
      reference.release,
      standing.environment.release,
    ]);
    named.delete(0);
    const releases = await readReleases(store, this.key, named);
    const goal = hydrateGoal(reference, releases, standing.environment.release);
    this.#level = releases.get(reference.release)?.app.logLevel ?? 'info';
    const session = new Session(goal, this.#ports, this.lock.mandate, foldFacts(read.events));
    this.#session = session;
    const outcome = await drive({
      session,
      monitor: this.#monitor,
      wake: this.#wake,
      signal: this.#abort.signal,
      refreshFacts: async () => {
        // What others wrote meanwhile: an answer, a promotion, an abort. Folded whole, as a resume would.
        const fresh = await readGoalEvents(store, this.key, open.generation, open.seq);
        session.facts = foldFacts(fresh.events);
      },
      decided: (action, reason) => this.#decided(session, action, reason),
    });
    this.#log('info', 'goal ended', { scope: this.key, generation: goal.generation, outcome });
    await this.#prune(standing);
  }

  #decided(session: Session, action: Action, reason: string): void {
    const step = action.kind;
    this.trouble = undefined;
    if (this.#current.step === step && this.#current.reason === reason) return;
    this.#current = { step, reason };
    this.#log('debug', 'decided', { scope: this.key, generation: session.goal.generation, step, reason });
    this.followers.publish({
      kind: 'progress',
      at: this.#ports.clock.wallMs(),
      step,
      reason,
      direction: session.direction,
    });
  }

  #emit(event: GoalEvent): void {
    const at = this.#ports.clock.wallMs();
    const { type, ...payload } = event;
    this.followers.publish({ kind: 'journal', at, type, payload });
    for (const line of this.#consequences(event, at)) this.followers.publish(line);
  }

  #consequences(event: GoalEvent, at: number): readonly StreamLine[] {
    const goal = this.#session?.goal;
    if (event.type === 'operator.asked') return [{ kind: 'asked', at, question: event.question }];
    if (event.type !== 'goal.closed' || goal === undefined) return [];
    const { outcome, summary } = event;
    return [
      {
        kind: 'end',
        at,
        outcome,
        exitCode: EXIT_CODES[outcome],
        summary,
        release: goal.release,
        generation: goal.generation,
      },
    ];
  }

  #resolve(service: string, port: number): string | undefined {
    const instances = this.#session?.instances;
    if (instances?.known !== true) return undefined;
    return instances.value.find(
      (view) => view.service === service && view.state === 'running' && view.addresses[port] !== undefined,
    )?.addresses[port];
  }

  async #standingSession(standing: Standing): Promise<Session | undefined> {
    const { environment } = standing;
    if (environment.release === 0 || Object.keys(environment.live).length === 0) return undefined;
    const releases = await readReleases(this.#ports.store, this.key, releasesNamed(environment));
    const app = releases.get(environment.release)?.app;
    if (app === undefined) return undefined;
    this.#level = app.logLevel ?? 'info';
    const { strategy, listen } = app.environment;
    const goal = standingGoal(this.key, environment, releases, strategy, listen);
    return new Session(goal, this.#ports, this.lock.mandate, noFacts);
  }

  /** Keeps standing what stands, until a goal is opened. */
  async #stand(standing: Standing): Promise<void> {
    const session = await this.#standingSession(standing);
    this.#session = session;
    if (session === undefined) {
      this.#current = { step: 'idle', reason: 'nothing is live' };
      await this.#pause(5_000);
      return;
    }
    while (!this.#abort.signal.aborted) {
      await look(session, this.#monitor);
      const { action, reason } = supervise(session.goal, worldOf(session), (service) =>
        this.#backoff.mayStart(service),
      );
      this.#current = { step: action.kind, reason };
      if (action.kind === 'wait') {
        this.trouble = undefined;
        await this.#checkpoints(session);
        await this.#pause(Math.min(action.maxMs, this.#checkpointTimes.nextInMs(checkpointed(session))));
      } else await this.#supervised(session, standing, action);
      if (await this.#isOutdated(standing, session)) return;
    }
  }

  /** Something was opened or closed, or the lock was taken anew ("baton unlock"): this session may write no more. */
  async #isOutdated(standing: Standing, session: Session): Promise<boolean> {
    const now = await this.standing();
    return now.version !== standing.version || session.mandate.epoch !== this.lock.mandate.epoch;
  }

  async #supervised(session: Session, standing: Standing, action: Action | Supervision): Promise<void> {
    if (action.kind === 'forget') {
      await this.#ports.target.forget(action.instance as Parameters<typeof this.ports.target.forget>[0]);
      return;
    }
    if (action.kind === 'recover') {
      this.#backoff.started(action.service);
      this.#log('info', 'a singleton lost its holder', { scope: this.key, service: action.service });
      await this.#recover(session, standing, action.service);
      return;
    }
    if (action.kind === 'launch') {
      this.#backoff.started(action.service);
      this.#log('info', 'an instance is started again', { scope: this.key, service: action.service });
    }
    try {
      await perform(session, action);
    } catch (error) {
      if (hasCode(error, 'driver-replaced')) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#log('error', 'supervision could not', { scope: this.key, action: action.kind, error: message });
      this.trouble = message;
      await this.#pause(TROUBLE_MS);
    }
  }

  async #recover(session: Session, standing: Standing, service: string): Promise<void> {
    const { environment } = standing;
    const releases = await readReleases(this.#ports.store, this.key, releasesNamed(environment));
    if (environment.live[service] === undefined) return;
    // The same release, in the other slot: the whole handover, with a dead holder as its beginning.
    const strategy: StrategySpec = { ...session.goal.strategy, bakeMs: 0 };
    const planned = planRestart(environment, releases, new Set([service]));
    const request = {
      generation: environment.generation + 1,
      kind: 'recover' as const,
      scope: this.key,
      release: environment.release,
      strategy,
      listen: session.goal.listen,
      force: false,
      by: 'supervision',
    };
    await this.open(standing, goalOf(request, planned), undefined);
  }

  /** Learned state of holders that act, so that a crash costs seconds of it. */
  async #checkpoints(session: Session): Promise<void> {
    for (const kept of checkpointed(session)) {
      if (this.#checkpointTimes.isDue(kept)) await this.#checkpoint(session, kept);
    }
  }

  async #checkpoint(session: Session, kept: Kept): Promise<void> {
    if (!session.instances.known) return;
    const record = session.baton(kept.service);
    const view = session.instances.value.find((one) => one.instance === record.holder?.instance);
    const at = view === undefined ? undefined : lifecycleAddress(view, kept.pinned);
    if (view?.lifecycle?.known !== true || view.lifecycle.value.phase !== 'active' || at === undefined) return;
    const authority = { token: record.token, epoch: session.mandate.epoch };
    const checkpoint: Checkpoint | undefined = await this.#ports.lifecycle
      .checkpoint(at, authority)
      .catch(() => undefined);
    if (checkpoint === undefined) return;
    const change = { kind: 'checkpoint' as const, checkpoint, from: view.instance };
    await session
      .change([{ service: kept.service, change }], () => [])
      .catch((error: unknown) => {
        if (!(error instanceof BatonError)) throw error;
      });
  }

  /** Runs what copies a release and opens a goal with it: the copies that no release names yet stay meanwhile. */
  async preparing<T>(work: () => Promise<T>): Promise<T> {
    this.#preparing += 1;
    try {
      await this.#pruning.catch(() => undefined);
      return await work();
    } finally {
      this.#preparing -= 1;
    }
  }

  /** Copies of releases that nothing can go back to any more; the next goal's end does what is left out now. */
  async #prune(standing: Standing): Promise<void> {
    if (this.#preparing > 0) return;
    this.#pruning = this.#removeCopies(standing);
    await this.#pruning;
  }

  async #removeCopies(standing: Standing): Promise<void> {
    const { environment } = await this.standing();
    if (environment.open !== null || environment.release === standing.environment.release) return;
    const keep: string[] = [];
    const first = Math.max(1, environment.lastRelease - KEPT_RELEASES + 1);
    const numbers = new Set(releasesNamed(environment, environment.previous ?? 0));
    for (let number = first; number <= environment.lastRelease; number += 1) numbers.add(number);
    for (const release of (await readReleases(this.#ports.store, this.key, numbers)).values()) {
      keep.push(...Object.values(release.services).map((pinned) => pinned.artefact));
    }
    await this.#ports.target.prune(this.scope, keep).catch((error: unknown) => {
      this.#log('error', 'old copies could not be removed', { scope: this.key, error: String(error) });
    });
  }

  async #pause(ms: number): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#abort.signal]);
    await this.#wake.or(this.#ports.clock.sleep(ms, signal).catch(() => undefined));
    abort.abort();
  }
}

/** Releases whose copies are kept for `rollback --to`. */
const KEPT_RELEASES = 10;
