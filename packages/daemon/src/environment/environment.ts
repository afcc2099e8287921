import {
  type Action,
  drive,
  type EnginePorts,
  foldFact,
  foldFacts,
  type Goal,
  type GoalEvent,
  HealthMonitor,
  hasCode,
  hydrateGoal,
  type LogLevel,
  look,
  noFacts,
  perform,
  releasesNamed,
  type Scope,
  Session,
  type Supervision,
  scopeKey,
  standingGoal,
  supervise,
  Wake,
  worldOf,
} from '@baton/core';
import type { Log } from '../log.ts';
import { Backoff } from './backoff.ts';
import { Checkpoints } from './checkpoints.ts';
import { Copies } from './copies.ts';
import { Followers } from './followers.ts';
import { lineAfter } from './line-after.ts';
import { type DriverIdentity, DriverLock } from './mandate.ts';
import { openGoal } from './opening.ts';
import { recoveryGoal } from './recovery-goal.ts';
import { readGoalEvents, readReleases, readStanding, referenceIn, type Standing } from './standing.ts';

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** What it had in memory only is gone then, as with a new driver. */
export const LOOP_BEGINS_ANEW = 'the loop stopped and starts again';
/** After an error of the loop itself (a full disk, a store that does not answer). */
const TROUBLE_MS = 500;

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
  readonly copies: Copies;
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
  readonly #checkpoints: Checkpoints;
  trouble: string | undefined;

  constructor(stateDir: string, scope: Scope, ports: Omit<EnginePorts, 'emit'>, log: Log, identity?: DriverIdentity) {
    this.stateDir = stateDir;
    this.scope = scope;
    this.key = scopeKey(scope);
    this.#write = log;
    this.#ports = { ...ports, emit: (_scope, event) => this.#emit(event) };
    this.lock = new DriverLock(ports.store, ports.clock, this.key, identity);
    this.#checkpoints = new Checkpoints(this.#ports);
    this.copies = new Copies(this.#ports, scope);
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
    this.#log('error', LOOP_BEGINS_ANEW, { scope: this.key, error: this.trouble });
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
    let { lastSeq } = read;
    let facts = foldFacts(read.events);
    const session = new Session(goal, this.#ports, this.lock.mandate, facts);
    this.#session = session;
    const outcome = await drive({
      session,
      monitor: this.#monitor,
      wake: this.#wake,
      signal: this.#abort.signal,
      refreshFacts: async () => {
        // With what others wrote meanwhile: an answer, a promotion, an abort. As a resume would see it, from the journal alone.
        const fresh = await readGoalEvents(store, this.key, open.generation, lastSeq);
        lastSeq = fresh.lastSeq;
        facts = fresh.events.reduce(foldFact, facts);
        session.facts = facts;
      },
      decided: (action, reason) => this.#decided(session, action, reason),
    });
    this.#log('info', 'goal ended', { scope: this.key, generation: goal.generation, outcome });
    await this.copies.prune(standing.environment.release).catch((error: unknown) => {
      this.#log('error', 'old copies could not be removed', { scope: this.key, error: String(error) });
    });
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
    const line = lineAfter(event, at, this.#session?.goal);
    if (line !== undefined) this.followers.publish(line);
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
        await this.#checkpoints.keep(session);
        await this.#pause(Math.min(action.maxMs, this.#checkpoints.nextInMs(session)));
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
    const goal = recoveryGoal(session.goal, environment, releases, service);
    await this.open(standing, goal, undefined);
  }

  async #pause(ms: number): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#abort.signal]);
    await this.#wake.or(this.#ports.clock.sleep(ms, signal).catch(() => undefined));
    abort.abort();
  }
}
