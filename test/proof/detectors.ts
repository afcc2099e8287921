import type { ProofViolation } from '../../packages/testkit/src/proof/proof.ts';
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

/** What a replay may take over the code as it is. */
const REPLAY_TIMEOUT_MS = 120_000;
/** How often a check begins anew, elsewhere, where what it found was no fault of the bug's. */
const TRIES = 3;
const TRY_APART = 1_000;

/** Whether the code without the bug shows it as well: then it says nothing of the bug. */
const isThereAnyway = async ({ replay }: ProofViolation, signal: AbortSignal | undefined): Promise<boolean> => {
  const words = [...replay.replace(/^node /, '').matchAll(/"[^"]*"|\S+/g)].map(([word]) => word.replaceAll('"', ''));
  const [entry = '', ...args] = words;
  const request = { entry, args, timeoutMs: REPLAY_TIMEOUT_MS };
  const { status } = await runChild(signal === undefined ? request : { ...request, signal });
  return status !== 0;
};

const detector = ({ name, entry, holds, args, timeoutMs }: DetectorSpec): Detector => ({
  name,
  reaches: (bug) => bug.edits.some((edit) => holds.some((place) => edit.file.startsWith(place))),
  look: async (attempt) => {
    const { bug, seed, signal } = attempt;
    for (let at = 0; at < TRIES; at += 1) {
      const request = { entry, args: args({ ...attempt, seed: seed + at * TRY_APART }), bug: bug.name, timeoutMs };
      const { status, output } = await runChild(signal === undefined ? request : { ...request, signal });
      const report = status === 1 ? reportIn(output) : undefined;
      const [first] = report?.violations ?? [];
      if (report === undefined || first === undefined) return undefined;
      if (!(await isThereAnyway(first, signal))) return { by: name, invariant: inWords(first), steps: report.steps };
    }
    return undefined;
  },
});

const PURE = ['baton/', 'decide/', 'journal/', 'moment', 'health/'].map((room) => `packages/core/src/${room}`);
const TESTED = ['sdk', 'gateway', 'target-process', 'store-sqlite', 'daemon', 'core'].map(
  (name) => `packages/${name}/`,
);

/** From the quickest to the slowest; the first that sees a bug ends its search. Each knows of no bug in particular. */
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
    args: ({ seed }) => ['--seed', String(seed), '--cases', '400', '--first', '--json'],
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
  detector({
    name: 'crash points',
    entry: 'test/crash/main.ts',
    holds: ['packages/core/', 'packages/store-sqlite/', 'packages/daemon/'],
    args: ({ seed }) => ['--seed', String(seed), '--cases', '60', '--json'],
    timeoutMs: 90_000,
  }),
];
