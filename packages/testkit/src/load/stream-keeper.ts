import { performance } from 'node:perf_hooks';
import { EventStream } from './event-stream.ts';
import type { LiveStream, StreamObserver } from './live-stream.ts';
import type { LoadPlan, StreamPlan } from './plan.ts';
import type { Random } from './random.ts';
import { between } from './random.ts';
import type { StreamLedger } from './stream-ledger.ts';
import type { RequestRecord, Tally } from './tally.ts';
import { WebSocketStream } from './web-socket-stream.ts';

/** Wait before a refused stream is tried again, so that a closed port is not a busy loop. */
const RETRY_MS = 50;

/** Keeps the planned number of streams of one kind open. */
export class StreamKeeper {
  readonly #plan: LoadPlan;
  readonly #streams: StreamPlan;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #ledger: StreamLedger;
  readonly #record: (record: RequestRecord) => void;
  readonly #live = new Set<LiveStream>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #name: string;
  #count = 0;
  #stopping = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    plan: LoadPlan,
    index: number,
    random: Random,
    tally: Tally,
    ledger: StreamLedger,
    record: (record: RequestRecord) => void,
  ) {
    this.#plan = plan;
    this.#streams = plan.streams[index] as StreamPlan;
    this.#name = String(index);
    this.#random = random;
    this.#tally = tally;
    this.#ledger = ledger;
    this.#record = record;
  }

  start(): void {
    for (let index = 0; index < this.#streams.open; index += 1) this.#open();
  }

  /** Closes all; resolves when every one has ended. Each is bounded: in opening by the plan's grace, in closing by its own patience. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const retry of this.#retries) clearTimeout(retry);
    this.#retries.clear();
    for (const stream of this.#live) stream.close();
    if (this.#live.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #open(): void {
    const plan = this.#streams;
    this.#count += 1;
    this.#tally.countSent();
    const target = {
      base: this.#plan.base,
      host: this.#plan.host,
      path: plan.path,
      lifetimeMs: between(this.#random, plan.lifetimeMs[0], plan.lifetimeMs[1]),
      stallMs: plan.stallMs,
      openTimeoutMs: Math.min(this.#plan.requestTimeoutMs, this.#plan.graceMs),
      singleton: plan.singleton,
      firstNumber: plan.firstNumber,
      id: `${this.#name}-${this.#count}`,
    };
    // An observer speaks only from later turns of the event loop, when `stream` is set.
    const stream: LiveStream =
      plan.kind === 'web-socket'
        ? new WebSocketStream(
            target,
            this.#observe(() => stream),
          )
        : new EventStream(
            target,
            this.#observe(() => stream),
          );
    this.#live.add(stream);
  }

  #observe(self: () => LiveStream): StreamObserver {
    const { kind } = this.#streams;
    const sentMs = performance.now();
    const opening = (status: number | undefined, outcome: RequestRecord['outcome']): void => {
      const nowMs = performance.now();
      const times = { dueMs: sentMs, sentMs, firstByteMs: nowMs, doneMs: nowMs };
      this.#record({ kind: 'stream-open', ...times, status, release: undefined, askedMs: 0, outcome });
    };
    return {
      onOpen: () => {
        this.#tally.streams.opened += 1;
        opening(kind === 'web-socket' ? 101 : 200, { verdict: 'ok' });
      },
      onRefused: (failure, status) => {
        opening(status, { verdict: 'failed', failure });
        this.#gone(self(), RETRY_MS);
      },
      onMessage: () => {
        this.#tally.streams.messages += 1;
      },
      onWrong: (detail) => {
        this.#tally.streams.wrong += 1;
        this.#tally.sample({ kind, verdict: 'wrong', detail }, performance.now());
      },
      onEnd: (end) => {
        this.#ledger.countEnd(end);
        this.#gone(self(), 0);
      },
    };
  }

  #gone(stream: LiveStream, waitMs: number): void {
    this.#live.delete(stream);
    if (this.#stopping) {
      if (this.#live.size === 0) this.#whenIdle?.();
      return;
    }
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#open();
    }, waitMs);
    this.#retries.add(retry);
  }
}
