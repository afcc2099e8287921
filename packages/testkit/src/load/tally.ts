import { createHistogram } from 'node:perf_hooks';
import type { Failure, FailureFault } from './attribution.ts';
import { attribute, describeFailure } from './attribution.ts';
import type { RequestKind } from './plan.ts';
import type { FailureSample, LoadReport, StreamCounts } from './report.ts';

/** One request, once it has ended. Times are monotonic milliseconds. */
export interface RequestRecord {
  readonly kind: RequestKind | 'stream-open';
  /** When the plan wanted it sent, and when it was. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly firstByteMs: number | undefined;
  readonly doneMs: number;
  readonly status: number | undefined;
  readonly release: string | undefined;
  /** Delay that the request itself asked for. */
  readonly askedMs: number;
  readonly outcome:
    | { readonly verdict: 'ok' }
    | { readonly verdict: 'wrong'; readonly detail: string }
    | { readonly verdict: 'failed'; readonly failure: Failure };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const MAX_SAMPLES = 50;
const MAX_BROKEN_BY_INSTANCE = 10_000;
/** Below this a late start is the timer's grain, and latency counts from the sending. */
const TIMER_GRAIN_MS = 2;
const HOUR_US = 3_600_000_000;

/** Adds up what was seen. Memory does not grow with the number of requests. */
export class Tally {
  readonly #startMs: number;
  readonly #latencyUs = createHistogram({ lowest: 1, highest: HOUR_US, figures: 3 });
  readonly #byFault: Record<FailureFault, number> = { gateway: 0, application: 0, client: 0 };
  readonly #perRelease: Record<string, number> = {};
  readonly #perKind: Record<string, number> = {};
  readonly #samples: Mutable<FailureSample>[] = [];
  readonly #died = new Set<string>();
  /** Answers cut short, by the instance that they named, until somebody says that it died. */
  readonly #brokenBy = new Map<string, Mutable<FailureSample>[]>();
  #sent = 0;
  #ok = 0;
  #failed = 0;
  #wrong = 0;
  #maxHeldMs = 0;
  #maxLateMs = 0;
  readonly streams: StreamCounts = {
    opened: 0,
    completed: 0,
    cut: 0,
    drained: 0,
    closed1012: 0,
    wrong: 0,
    messages: 0,
    byRelease: {},
  };

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  get inFlight(): number {
    return this.#sent - this.#ok - this.#failed - this.#wrong;
  }

  /** Answers cut short that named this instance are the application's from now on. */
  noteDied(instance: string): void {
    this.#died.add(instance);
    for (const sample of this.#brokenBy.get(instance) ?? []) {
      sample.fault = 'application';
      this.#byFault.gateway -= 1;
      this.#byFault.application += 1;
    }
    this.#brokenBy.delete(instance);
  }

  countSent(): void {
    this.#sent += 1;
  }

  /** Every request that was counted as sent ends here, exactly once. */
  countEnd(record: RequestRecord): void {
    this.#perKind[record.kind] = (this.#perKind[record.kind] ?? 0) + 1;
    const lateMs = record.sentMs - record.dueMs;
    if (lateMs > this.#maxLateMs) this.#maxLateMs = lateMs;
    const { outcome } = record;
    if (outcome.verdict === 'failed') {
      this.#countFailure(record, outcome.failure);
      return;
    }
    this.#countAnswer(record, lateMs);
    if (outcome.verdict === 'ok') {
      this.#ok += 1;
      return;
    }
    this.#wrong += 1;
    this.sample({ kind: record.kind, verdict: 'wrong', detail: outcome.detail }, record.doneMs);
  }

  /** Keeps a case for the reader; the first {@link MAX_SAMPLES} are shown. */
  sample(sample: Omit<FailureSample, 'atMs'>, atMs: number): Mutable<FailureSample> {
    const kept = { atMs: round(atMs - this.#startMs), ...sample };
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push(kept);
    return kept;
  }

  /** Takes back a sample that turned out to be no fault. */
  forget(sample: FailureSample): void {
    const index = this.#samples.indexOf(sample);
    if (index >= 0) this.#samples.splice(index, 1);
  }

  report(nowMs: number): LoadReport {
    const elapsedMs = nowMs - this.#startMs;
    const answered = this.#ok + this.#failed + this.#wrong;
    const empty = this.#latencyUs.count === 0;
    return {
      elapsedMs: round(elapsedMs),
      sent: this.#sent,
      ok: this.#ok,
      failed: this.#failed,
      wrong: this.#wrong + this.streams.wrong,
      inFlight: this.inFlight,
      byFault: { ...this.#byFault },
      requestsPerSecond: elapsedMs > 0 ? Math.round((answered * 1_000) / elapsedMs) : 0,
      maxHeldMs: round(this.#maxHeldMs),
      p50: empty ? 0 : this.#latencyUs.percentile(50) / 1_000,
      p99: empty ? 0 : this.#latencyUs.percentile(99) / 1_000,
      maxMs: empty ? 0 : this.#latencyUs.max / 1_000,
      maxLateMs: round(this.#maxLateMs),
      perRelease: { ...this.#perRelease },
      perKind: { ...this.#perKind },
      streams: { ...this.streams, byRelease: { ...this.streams.byRelease } },
      samples: this.#samples.map((sample) => ({ ...sample })),
    };
  }

  #countFailure(record: RequestRecord, failure: Failure): void {
    const fault = attribute(failure, (instance) => this.#died.has(instance));
    this.#failed += 1;
    this.#byFault[fault] += 1;
    const detail = describeFailure(failure);
    const sample = this.sample({ kind: record.kind, verdict: 'failed', fault, detail }, record.doneMs);
    if (fault !== 'gateway' || failure.kind !== 'broken' || failure.instance === undefined) return;
    const ofInstance = this.#brokenBy.get(failure.instance) ?? [];
    if (ofInstance.length < MAX_BROKEN_BY_INSTANCE) ofInstance.push(sample);
    this.#brokenBy.set(failure.instance, ofInstance);
  }

  #countAnswer(record: RequestRecord, lateMs: number): void {
    const fromMs = lateMs > TIMER_GRAIN_MS ? record.dueMs : record.sentMs;
    const latencyMs = record.doneMs - fromMs - record.askedMs;
    this.#latencyUs.record(Math.min(HOUR_US, Math.max(1, Math.round(latencyMs * 1_000))));
    const heldMs = (record.firstByteMs ?? record.doneMs) - record.sentMs - record.askedMs;
    if (heldMs > this.#maxHeldMs) this.#maxHeldMs = heldMs;
    if (record.release !== undefined) {
      this.#perRelease[record.release] = (this.#perRelease[record.release] ?? 0) + 1;
    }
  }
}

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
