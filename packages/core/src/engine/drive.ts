import type { Action } from '../decide/action.ts';
import { isBakingWell } from '../decide/bake.ts';
import { decide } from '../decide/decide.ts';
import { stepOf } from '../decide/step.ts';
import { BatonError, hasCode } from '../errors/index.ts';
import type { Outcome } from '../goal/outcome.ts';
import type { HealthMonitor } from '../health/monitor.ts';
import { perform } from './actions/index.ts';
import { look, worldOf } from './look.ts';
import type { Session } from './session.ts';

/**
 * Steps whose own answer is the observation that the next decision needs. Between them nothing else is
 * looked at: traders are silent for as long as this takes. A failed step looks at everything again.
 */
const ANSWERING: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'quiesce',
  'settle',
  'checkpoint',
  'hold',
  'revoke',
  'deactivate',
  'prove',
  'reconcile',
  'grant',
  'activate',
]);

/** Before these the journal is read again, also in the middle of a handover: a stop or an abort must not come too late for it. */
const OBEYING: ReadonlySet<Action['kind']> = new Set<Action['kind']>(['revoke', 'grant']);

/** Healthy time counts only between two looks that are this close; what was not seen was not healthy. */
const MAX_UNSEEN_MS = 1_000;
const BAKE_JOURNAL_MS = 1_000;
/** What was looked at longer ago than this is looked at again: a stop or an abort may have come since. */
const MAX_UNLOOKED_MS = 100;
/** Between two tries of a step that failed: twice as long after each failure, so that none fills the journal. */
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 10_000;

/** Wakes the loop early when something changed: health, an answer of a person, a latch. */
export class Wake {
  #resolve: (() => void) | undefined;
  #pending = false;

  readonly notify = (): void => {
    this.#pending = true;
    this.#resolve?.();
  };

  /** Resolves at the next change, or when `slept` does. */
  async or(slept: Promise<void>): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#resolve = resolve;
      if (this.#pending) resolve();
    });
    await Promise.race([woken, slept]);
    this.#pending = false;
    this.#resolve = undefined;
  }
}

export interface DriveOptions {
  readonly session: Session;
  readonly monitor: HealthMonitor;
  readonly wake: Wake;
  readonly signal: AbortSignal;
  /** Facts that others wrote into the journal meanwhile: answers, promote, abort. */
  readonly refreshFacts: () => Promise<void>;
  /** Told of each decision before it is carried out, for progress. */
  readonly decided: (action: Action, reason: string) => void;
}

const pause = async (options: DriveOptions, ms: number): Promise<void> => {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, options.signal]);
  const slept = options.session.ports.clock.sleep(ms, signal).catch(() => undefined);
  await options.wake.or(slept);
  abort.abort();
};

/** A failed step is a fact of its own; only the loss of the mandate ends the loop. */
const failed = async (options: DriveOptions, action: Action, error: unknown): Promise<void> => {
  if (hasCode(error, 'driver-replaced') || hasCode(error, 'invariant-broken') || options.signal.aborted) throw error;
  // Somebody else wrote first: nothing was done, so nothing has failed.
  if (hasCode(error, 'baton-moved')) return;
  const code = error instanceof BatonError ? error.code : 'unexpected';
  if (code.startsWith('store-')) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const { session } = options;
  const step = stepOf(action);
  const { direction } = session;
  await session.record({ type: 'step.failed', step, direction, code, message });
  const count = session.facts.failures.get(`${direction}/${step}`)?.count ?? 1;
  await pause(options, Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (count - 1)));
};

/** Counts healthy time, and only such. */
class BakeWatch {
  #lastMs: number | undefined;
  #journaledMs: number;

  constructor(session: Session) {
    this.#journaledMs = session.bakeHealthyMs;
  }

  async tick(session: Session): Promise<void> {
    const { facts, goal } = session;
    if (facts.switchedAt.forward === undefined || facts.failed !== undefined || facts.passed.has('bake')) return;
    const now = session.ports.clock.monotonicMs();
    const since = this.#lastMs === undefined ? 0 : now - this.#lastMs;
    this.#lastMs = now;
    if (since <= MAX_UNSEEN_MS && isBakingWell(goal, worldOf(session))) session.bakeHealthyMs += since;
    if (session.bakeHealthyMs - this.#journaledMs < BAKE_JOURNAL_MS) return;
    this.#journaledMs = session.bakeHealthyMs;
    await session.record({ type: 'bake.progressed', healthyMs: session.bakeHealthyMs });
  }
}

/**
 * Observe, decide, write the intent, act, observe again, until the goal is closed. Started again after a
 * crash, by this or another process, it goes on from what it then sees.
 * @throws BatonError `driver-replaced` when another took over; store errors, with nothing half done
 */
export const drive = async (options: DriveOptions): Promise<Outcome> => {
  const { session, monitor, signal } = options;
  const bake = new BakeWatch(session);
  const { clock } = session.ports;
  let fresh = false;
  let lookedMs = clock.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    if (!fresh || clock.monotonicMs() - lookedMs > MAX_UNLOOKED_MS) {
      lookedMs = clock.monotonicMs();
      await look(session, monitor);
      await options.refreshFacts();
      await bake.tick(session);
    }
    let { action, reason } = decide(session.goal, worldOf(session));
    if (fresh && OBEYING.has(action.kind)) {
      await options.refreshFacts();
      ({ action, reason } = decide(session.goal, worldOf(session)));
    }
    options.decided(action, reason);
    if (action.kind === 'wait') {
      fresh = false;
      await pause(options, action.maxMs);
      continue;
    }
    try {
      await perform(session, action);
      fresh = ANSWERING.has(action.kind);
    } catch (error) {
      fresh = false;
      await failed(options, action, error);
      continue;
    }
    if (action.kind === 'close') return action.outcome;
  }
};
