import type { HealthSpec } from '../app/index.ts';
import type { LogLine, ResourceSample } from '../ports/target.ts';
import type { Layer } from './view.ts';

/** The last answers to one question, judged k of n so that a single flap is no verdict. */
export interface Window {
  readonly answers: readonly boolean[];
}
const WINDOW = 3;
const BAD_OF_WINDOW = 2;

export const emptyWindow: Window = { answers: [] };
export const observe = (window: Window, good: boolean): Window => ({
  answers: [...window.answers, good].slice(-WINDOW),
});
export const isBad = (window: Window): boolean => window.answers.filter((good) => !good).length >= BAD_OF_WINDOW;

/** Lines that a person reading the log would call an error. */
const ERROR_LINE =
  /\b(?:ERROR|FATAL|CRITICAL|PANIC|Traceback|Unhandled|uncaughtException)\b|"level":\s*(?:"(?:error|fatal)"|50|60)/i;
const MINUTE_MS = 60_000;

/** Wall times of error lines within the last minute. */
export const recentErrors = (
  before: readonly number[],
  lines: readonly LogLine[],
  nowMs: number,
): readonly number[] => [
  ...before.filter((at) => nowMs - at < MINUTE_MS),
  ...lines.filter((line) => ERROR_LINE.test(line.text)).map(() => nowMs),
];

const share = (value: number): string => `${Math.round(value * 100)} %`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1048576)} MiB`;

/** What of a sample is out of bounds, as one sentence; undefined where all is within. */
export const judgeMemory = (
  spec: HealthSpec,
  limitBytes: number | undefined,
  sample: ResourceSample,
): string | undefined => {
  if (spec.memory === undefined) return undefined;
  const bound =
    'bytes' in spec.memory ? spec.memory.bytes : limitBytes === undefined ? undefined : limitBytes * spec.memory.share;
  if (bound === undefined || sample.memoryBytes <= bound) return undefined;
  return `it uses ${mebibytes(sample.memoryBytes)} of memory, above the threshold of ${mebibytes(bound)}`;
};

/** CPU used between two samples against the threshold. */
export const judgeCpu = (
  spec: HealthSpec,
  cores: number,
  before: ResourceSample | undefined,
  sample: ResourceSample,
): string | undefined => {
  if (spec.cpuShare === undefined || before === undefined || sample.at <= before.at) return undefined;
  const used = (sample.cpuMs - before.cpuMs) / (sample.at - before.at) / cores;
  return used <= spec.cpuShare
    ? undefined
    : `it uses ${share(used)} of its CPU, above the threshold of ${share(spec.cpuShare)}`;
};

/** What the release says of itself at `/health/detailed`, against what was launched. */
export const judgeIdentity = (
  body: string,
  expected: { readonly release: number; readonly digest: string },
): { readonly identity: 'match' | 'mismatch' | 'unreported'; readonly evidence: string } => {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return { identity: 'unreported', evidence: 'it reports no release' };
  }
  const { release, digest } = (answer ?? {}) as { release?: unknown; digest?: unknown };
  if (release === undefined) return { identity: 'unreported', evidence: 'it reports no release' };
  const sameDigest = typeof digest !== 'string' || digest === '' || digest === expected.digest;
  if (Number(release) === expected.release && sameDigest) return { identity: 'match', evidence: '' };
  return {
    identity: 'mismatch',
    evidence: `it reports release ${JSON.stringify(release)} where release ${expected.release} was launched`,
  };
};

export type LayerWindows = Readonly<Partial<Record<Layer, { readonly window: Window; readonly evidence: string }>>>;
