import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Expectations } from './expectations.ts';
import type { Pacer } from './pacer.ts';
import { pacer } from './pacer.ts';
import type { LoadPlan } from './plan.ts';
import { seededRandom } from './random.ts';
import { RecordFile } from './record-file.ts';
import type { LoadReport } from './report.ts';
import { RequestMix } from './request-mix.ts';
import { Requester } from './requester.ts';
import { StreamKeeper } from './stream-keeper.ts';
import { StreamLedger } from './stream-ledger.ts';
import type { RequestRecord } from './tally.ts';
import { Tally } from './tally.ts';

/** An announced drain; see {@link LoadGenerator.noteDrain}. */
export interface DrainAnnouncement {
  readonly deadlineMs: number;
  /** When it began, wall milliseconds; absent: now. */
  readonly atWallMs?: number;
  /** Only streams of this release; absent: all. */
  readonly release?: string;
}

const IDLE_POLL_MS = 5;

/**
 * Client traffic that is checked: every answer for its truth, every stream for its sequence, every failure for
 * whose it was. Runs once: `start`, notes and reports as things happen, `stop`.
 *
 * @example
 * const load = new LoadGenerator(loadPlan({ base, pace: { kind: 'closed', concurrency: 8 } }));
 * load.start();
 * const report = await load.stop();
 */
export class LoadGenerator {
  readonly #plan: LoadPlan;
  readonly #tally: Tally;
  readonly #ledger: StreamLedger;
  readonly #expectations: Expectations;
  readonly #requester: Requester;
  readonly #mix: RequestMix;
  readonly #pacer: Pacer;
  readonly #keepers: readonly StreamKeeper[];
  readonly #recordFile: RecordFile | undefined;
  #stopped: Promise<LoadReport> | undefined;

  constructor(plan: LoadPlan) {
    const startMs = performance.now();
    const random = seededRandom(plan.seed);
    this.#plan = plan;
    this.#tally = new Tally(startMs);
    this.#ledger = new StreamLedger(this.#tally);
    this.#expectations = new Expectations(plan.service);
    this.#requester = new Requester(plan, this.#expectations);
    this.#mix = new RequestMix(plan, random);
    this.#recordFile = plan.recordFile === undefined ? undefined : new RecordFile(plan.recordFile, startMs);
    this.#pacer = pacer(plan.pace, {
      inFlight: () => this.#tally.inFlight,
      send: (dueMs) => this.#send(dueMs),
      shed: (dueMs) => this.#shed(dueMs),
    });
    this.#keepers = plan.streams.map(
      (_stream, index) =>
        new StreamKeeper(plan, index, random, this.#tally, this.#ledger, (record) => this.#count(record)),
    );
  }

  start(): void {
    for (const keeper of this.#keepers) keeper.start();
    this.#pacer.start();
  }

  /** What was seen so far. */
  report(): LoadReport {
    return this.#tally.report(performance.now());
  }

  /**
   * Requests sent from now on must be answered by this release; undefined allows any again. Say undefined before a
   * switch begins and the new release when it is done: requests in flight at either moment may be answered by both.
   */
  expectRelease(release: string | undefined): void {
    this.#expectations.expectRelease(release);
  }

  /** Answers cut short that named this instance, before or after, are the application's failures. */
  noteDied(instance: string): void {
    this.#tally.noteDied(instance);
  }

  /** Streams opened before the drain began may be closed cleanly once its deadline has passed. */
  noteDrain(drain: DrainAnnouncement): void {
    const atMs = drain.atWallMs === undefined ? performance.now() : drain.atWallMs - performance.timeOrigin;
    const note = { atMs, deadlineMs: drain.deadlineMs };
    this.#ledger.noteDrain(drain.release === undefined ? note : { ...note, release: drain.release });
  }

  /** Sends nothing more, lets what is in flight finish within the plan's grace, and reports. */
  stop(): Promise<LoadReport> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<LoadReport> {
    const endMs = performance.now();
    this.#pacer.stop();
    await Promise.all(this.#keepers.map((keeper) => keeper.stop()));
    while (this.#tally.inFlight > 0 && performance.now() - endMs < this.#plan.graceMs) await sleep(IDLE_POLL_MS);
    await this.#requester.close();
    const report = this.#tally.report(performance.now());
    await this.#recordFile?.close();
    return report;
  }

  #send(dueMs: number): void {
    this.#tally.countSent();
    this.#requester.send(this.#mix.next(), dueMs, this.#ended);
  }

  readonly #ended = (record: RequestRecord): void => {
    this.#count(record);
    this.#pacer.ended();
  };

  #shed(dueMs: number): void {
    const nowMs = performance.now();
    this.#tally.countSent();
    this.#count({
      kind: 'get',
      dueMs,
      sentMs: nowMs,
      firstByteMs: undefined,
      doneMs: nowMs,
      status: undefined,
      release: undefined,
      askedMs: 0,
      outcome: { verdict: 'failed', failure: { kind: 'shed' } },
    });
  }

  #count(record: RequestRecord): void {
    this.#tally.countEnd(record);
    this.#recordFile?.write(record);
  }
}
