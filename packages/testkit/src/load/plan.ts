import { BatonError } from '@baton/core';

/** What one request of the load does. `get-close` asks for a connection of its own. */
export type RequestKind = 'get' | 'get-close' | 'post' | 'slow' | 'big';
export const REQUEST_KINDS: readonly RequestKind[] = ['get', 'get-close', 'post', 'slow', 'big'];

/**
 * When requests start. `open`: at a fixed rate, whatever the answers do, as independent clients would; a stall of
 * the target then shows in the figures instead of pausing the load. `closed`: the next when one has ended.
 */
export type Pace =
  | { readonly kind: 'open'; readonly ratePerSecond: number; readonly maxInFlight: number }
  | { readonly kind: 'closed'; readonly concurrency: number };

export interface StreamPlan {
  readonly kind: 'web-socket' | 'event-stream';
  readonly path: string;
  /** How many stay open at a time; one that ended is replaced at once. */
  readonly open: number;
  /** How long each is meant to live, milliseconds, chosen evenly between the two. An end before is a cut. */
  readonly lifetimeMs: readonly [number, number];
  /** A stream on which nothing arrived for this long counts as cut. The target must tick more often. */
  readonly stallMs: number;
  /** Number of a stream's first message, so that a lost beginning shows too; null where it may be any. */
  readonly firstNumber: number | null;
  /** Served by a singleton, whose replacement closes its streams with 1012 (counted apart). */
  readonly singleton: boolean;
}

export interface LoadPlan {
  /** `http://host:port` of the gateway. */
  readonly base: string;
  /** Host header, where routes go by it. */
  readonly host?: string;
  readonly pace: Pace;
  /** Share of each kind, relative to the sum. */
  readonly mix: Readonly<Record<RequestKind, number>>;
  readonly paths: { readonly status: string; readonly echo: string; readonly slow: string; readonly big: string };
  /** `service` that the status must name; unchecked where absent. */
  readonly service?: string;
  readonly postMaxBytes: number;
  readonly slowMs: readonly [number, number];
  readonly bigMaxBytes: number;
  readonly streams: readonly StreamPlan[];
  /** A request with no answer after this long has failed. */
  readonly requestTimeoutMs: number;
  /** Connections kept alive at a time. */
  readonly maxConnections: number;
  /** Ends by itself after this long; absent: runs until it is stopped. */
  readonly durationMs?: number;
  /** At the end, requests in flight have this long to finish. */
  readonly graceMs: number;
  /** Seeds kinds, sizes and lifetimes, so that a run can be repeated. */
  readonly seed: number;
  /** File that receives one JSON line a request and a stream; absent: only the failures' samples are kept. */
  readonly recordFile?: string;
}

/** What a caller must say; the rest has {@link loadPlan}'s defaults, which fit the example's dashboard. */
export type LoadPlanInput = Pick<LoadPlan, 'base' | 'pace'> &
  Partial<Omit<LoadPlan, 'mix' | 'paths' | 'streams'>> & {
    readonly mix?: Partial<LoadPlan['mix']>;
    readonly paths?: Partial<LoadPlan['paths']>;
    readonly streams?: readonly (Pick<StreamPlan, 'kind' | 'open'> & Partial<StreamPlan>)[];
  };

const STREAM_PATH = { 'web-socket': '/ws', 'event-stream': '/events' } as const;
/** Weights where no mix is named: mostly small reads, the rest enough of each to fail where it can fail. */
const DEFAULT_MIX = { get: 70, 'get-close': 8, post: 15, slow: 5, big: 2 };

/**
 * Fills a plan with defaults and checks it.
 * @throws BatonError `load-plan-invalid`
 */
export const loadPlan = (input: LoadPlanInput): LoadPlan => {
  const none = { get: 0, 'get-close': 0, post: 0, slow: 0, big: 0 };
  const plan: LoadPlan = {
    postMaxBytes: 64 * 1024,
    slowMs: [20, 300],
    bigMaxBytes: 2 * 1024 * 1024,
    requestTimeoutMs: 30_000,
    maxConnections: 256,
    graceMs: 10_000,
    seed: 1,
    ...input,
    mix: input.mix === undefined ? DEFAULT_MIX : { ...none, ...input.mix },
    paths: { status: '/api/status', echo: '/api/echo', slow: '/api/slow', big: '/api/big', ...input.paths },
    streams: (input.streams ?? []).map((stream) => ({
      path: STREAM_PATH[stream.kind],
      lifetimeMs: [2_000, 20_000],
      stallMs: 10_000,
      firstNumber: 1,
      singleton: false,
      ...stream,
    })),
  };
  const problem = firstProblem(plan);
  if (problem !== undefined) {
    throw new BatonError('load-plan-invalid', `The load plan is not usable: ${problem}`, {
      fault: 'user',
      hint: 'Correct the plan; its fields are described in packages/testkit/src/load/plan.ts.',
    });
  }
  return plan;
};

const positive = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;
const range = ([from, to]: readonly [number, number]): boolean => from >= 0 && positive(to) && to >= from;

const firstProblem = (plan: LoadPlan): string | undefined => {
  if (typeof plan.base !== 'string' || !URL.canParse(plan.base) || !plan.base.startsWith('http:')) {
    return `base must be http://host:port, not ${JSON.stringify(plan.base)}`;
  }
  const { pace } = plan;
  if (pace?.kind === 'open') {
    if (!positive(pace.ratePerSecond)) return 'pace.ratePerSecond must be above 0';
    if (!positive(pace.maxInFlight)) return 'pace.maxInFlight must be above 0';
  } else if (pace?.kind !== 'closed' || !(pace.concurrency >= 0)) {
    return 'pace must be {kind:"open", ratePerSecond, maxInFlight} or {kind:"closed", concurrency}';
  }
  const unknownKind = Object.keys(plan.mix).find((kind) => !REQUEST_KINDS.some((known) => known === kind));
  if (unknownKind !== undefined) return `mix has no kind ${JSON.stringify(unknownKind)}`;
  if (!Object.values(plan.mix).every((share) => share >= 0) || !Object.values(plan.mix).some(positive)) {
    return 'mix needs at least one share above 0';
  }
  if (!range(plan.slowMs)) return 'slowMs must be [from, to]';
  for (const stream of plan.streams) {
    if (!range(stream.lifetimeMs)) return 'a stream has lifetimeMs [from, to]';
    if (!(stream.open >= 0) || !positive(stream.stallMs)) return 'a stream has open >= 0 and stallMs > 0';
  }
  const bounds = { ...plan, streams: undefined };
  for (const key of ['postMaxBytes', 'bigMaxBytes', 'requestTimeoutMs', 'maxConnections', 'graceMs'] as const) {
    if (!positive(bounds[key])) return `${key} must be above 0`;
  }
  if (plan.durationMs !== undefined && !positive(plan.durationMs)) return 'durationMs must be above 0';
  return undefined;
};
