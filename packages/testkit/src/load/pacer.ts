import { performance } from 'node:perf_hooks';
import type { Pace } from './plan.ts';

/** Starts one request; `inFlight` counts those begun and not ended. */
export interface PacedLoad {
  readonly inFlight: () => number;
  readonly send: (dueMs: number) => void;
  /** Counts a request that the bound on those in flight forbids. */
  readonly shed: (dueMs: number) => void;
}

/** Decides when requests start. */
export interface Pacer {
  start(): void;
  /** One request has ended. */
  ended(): void;
  stop(): void;
}

export const pacer = (pace: Pace, load: PacedLoad): Pacer =>
  pace.kind === 'open'
    ? new OpenPacer(pace.ratePerSecond, pace.maxInFlight, load)
    : new ClosedPacer(pace.concurrency, load);

/** A tick of the timer sends whatever has become due; after a stall it catches up, and the lateness is counted. */
class OpenPacer implements Pacer {
  readonly #intervalMs: number;
  readonly #maxInFlight: number;
  readonly #load: PacedLoad;
  #nextDueMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ratePerSecond: number, maxInFlight: number, load: PacedLoad) {
    this.#intervalMs = 1_000 / ratePerSecond;
    this.#maxInFlight = maxInFlight;
    this.#load = load;
  }

  start(): void {
    this.#nextDueMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), 1);
    this.#tick();
  }

  ended(): void {}

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const nowMs = performance.now(); this.#nextDueMs <= nowMs; this.#nextDueMs += this.#intervalMs) {
      if (this.#load.inFlight() < this.#maxInFlight) this.#load.send(this.#nextDueMs);
      else this.#load.shed(this.#nextDueMs);
    }
  }
}

/** Each end starts the next. */
class ClosedPacer implements Pacer {
  readonly #concurrency: number;
  readonly #load: PacedLoad;
  #running = false;

  constructor(concurrency: number, load: PacedLoad) {
    this.#concurrency = concurrency;
    this.#load = load;
  }

  start(): void {
    this.#running = true;
    for (let index = 0; index < this.#concurrency; index += 1) this.#load.send(performance.now());
  }

  ended(): void {
    if (this.#running) this.#load.send(performance.now());
  }

  stop(): void {
    this.#running = false;
  }
}
