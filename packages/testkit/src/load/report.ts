import type { FailureFault } from './attribution.ts';

export interface StreamCounts {
  opened: number;
  /** Lived as long as they were meant to. */
  completed: number;
  /** Ended before that, with no drain deadline passed: must be 0. */
  cut: number;
  /** Ended cleanly at or after the drain deadline that was announced. */
  drained: number;
  /** WebSockets of a singleton that was replaced, closed with 1012. */
  closed1012: number;
  /** Messages missing, repeated, or not what was sent. */
  wrong: number;
  messages: number;
  /** Streams opened, by the release that served them. */
  byRelease: Record<string, number>;
}

/** What a load generator saw. `sent = ok + failed + (wrong - streams.wrong) + inFlight`; opening a stream is a request. */
export interface LoadReport {
  readonly elapsedMs: number;
  readonly sent: number;
  readonly ok: number;
  /** No answer, or one that says failure. */
  readonly failed: number;
  /** Answers that claim success and are not true, on streams too. */
  readonly wrong: number;
  readonly inFlight: number;
  readonly byFault: Readonly<Record<FailureFault, number>>;
  readonly requestsPerSecond: number;
  /** Longest wait for a first byte, less the delay that the request itself asked for. */
  readonly maxHeldMs: number;
  /** Latency to the last byte, less the delay asked for, from when the request was due: a stall of the load's own pace is not hidden. */
  readonly p50: number;
  readonly p99: number;
  readonly maxMs: number;
  /** How late the generator itself was at worst; large means that the figures are of this machine, not of the target. */
  readonly maxLateMs: number;
  readonly perRelease: Readonly<Record<string, number>>;
  readonly perKind: Readonly<Record<string, number>>;
  readonly streams: Readonly<StreamCounts>;
  /** The first failures, wrongs and cuts, at most 50, in words. */
  readonly samples: readonly FailureSample[];
}

export interface FailureSample {
  readonly atMs: number;
  readonly kind: string;
  readonly verdict: 'failed' | 'wrong' | 'cut';
  readonly fault?: FailureFault;
  readonly detail: string;
}
