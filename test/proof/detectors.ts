import type { ProofReport, ProofViolation } from '../../packages/testkit/src/proof/proof.ts';
import type { SeededBug } from '../../packages/testkit/src/seeded-bugs/index.ts';
import { reportIn, runChild } from './run-child.ts';

/** What one run of a check says of a seeded bug. */
export interface Finding {
  readonly by: string;
  readonly invariant: string;
  readonly steps: number;
}

export interface Attempt {
  readonly bug: SeededBug;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** A check that knows of no bug in particular. */
export interface Detector {
  readonly name: string;
  /** False where nothing of what the bug patches is in it. */
  readonly reaches: (bug: SeededBug) => boolean;
  /** Undefined where it sees nothing. */
  readonly look: (attempt: Attempt) => Promise<Finding | undefined>;
}

interface DetectorSpec {
  readonly name: string;
  readonly entry: string;
  /** Places of the code that is in it. */
  readonly holds: readonly string[];
  readonly args: (attempt: Attempt) => readonly string[];
  readonly timeoutMs: number;
}

/** How much of a violation's own words is kept. */
const DETAIL_LENGTH = 140;

const inWords = ({ invariant, detail }: ProofViolation): string =>
  `${invariant}: ${detail.replace(/^case \d+: /, '')}`.slice(0, DETAIL_LENGTH);

/**
 * A violation that the code shows without the bug says nothing of the bug: each check runs once over the code as it
 * is, and what it finds there is left out.
 */
const detector = ({ name, entry, holds, args, timeoutMs }: DetectorSpec): Detector => {
  const before = new Map<string, Promise<ReadonlySet<string>>>();
  const violations = async (attempt: Attempt, bug: string | undefined): Promise<ProofReport | undefined> => {
    const request = { entry, args: args(attempt), timeoutMs };
    const more = {
      ...(bug === undefined ? {} : { bug }),
      ...(attempt.signal === undefined ? {} : { signal: attempt.signal }),
    };
    const { status, output } = await runChild({ ...request, ...more });
    return status === 1 ? reportIn(output) : undefined;
  };
  const baseline = (attempt: Attempt): Promise<ReadonlySet<string>> => {
    const key = args(attempt).join(' ');
    const known =
      before.get(key) ??
      violations(attempt, undefined).then((report) => new Set(report?.violations.map(({ replay }) => replay)));
    before.set(key, known);
    return known;
  };
  return {
    name,
    reaches: (bug) => bug.edits.some((edit) => holds.some((place) => edit.file.startsWith(place))),
    look: async (attempt) => {
      const report = await violations(attempt, attempt.bug.name);
      if (report === undefined || report.violations.length === 0) return undefined;
      const old = await baseline(attempt);
      const first = report.violations.find(({ replay }) => !old.has(replay));
      return first === undefined ? undefined : { by: name, invariant: inWords(first), steps: report.steps };
    },
  };
};

const PURE = ['baton/', 'decide/', 'journal/', 'moment', 'health/'].map((room) => `packages/core/src/${room}`);
const TESTED = ['sdk', 'gateway', 'target-process', 'store-sqlite', 'daemon', 'core'].map(
  (name) => `packages/${name}/`,
);

/** From the quickest to the slowest; the first that sees a bug ends its search. */
export const DETECTORS: readonly Detector[] = [
  detector({
    name: 'state space',
    entry: 'packages/testkit/src/state-space/main.ts',
    holds: PURE,
    args: ({ seed }) => ['--seed', String(seed), '--faults', '1', '--first', '--json'],
    timeoutMs: 90_000,
  }),
  detector({
    name: 'simulator',
    entry: 'packages/testkit/src/simulator/main.ts',
    holds: ['packages/core/', 'packages/sdk/', 'packages/daemon/'],
    args: ({ seed }) => ['--seed', String(seed), '--cases', '300', '--json'],
    timeoutMs: 90_000,
  }),
  detector({
    name: 'crash points',
    entry: 'test/crash/main.ts',
    holds: ['packages/core/', 'packages/store-sqlite/', 'packages/daemon/'],
    args: ({ seed }) => ['--seed', String(seed), '--cases', '60', '--json'],
    timeoutMs: 90_000,
  }),
  // The tests of the packages themselves, as they are: what only real files, sockets and processes show.
  detector({
    name: 'unit level',
    entry: 'node_modules/vitest/vitest.mjs',
    holds: TESTED,
    args: ({ bug }) => [
      'run',
      '--config=test/proof/unit.vitest.config.ts',
      '--bail=1',
      ...new Set(bug.edits.map((edit) => edit.file.split('/').slice(0, 2).join('/'))),
    ],
    timeoutMs: 120_000,
  }),
];
