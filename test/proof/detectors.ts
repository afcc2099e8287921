import type { SeededBug } from '../../packages/testkit/src/seeded-bugs/index.ts';
import { type ChildResult, reportIn, runChild } from './run-child.ts';

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

const findingOf = (name: string, child: ChildResult): Finding | undefined => {
  const report = child.status === 1 ? reportIn(child.output) : undefined;
  const [first] = report?.violations ?? [];
  if (report === undefined || first === undefined) return undefined;
  return { by: name, invariant: first.invariant, steps: report.steps };
};

const detector = ({ name, entry, holds, args, timeoutMs }: DetectorSpec): Detector => ({
  name,
  reaches: (bug) => bug.edits.some((edit) => holds.some((place) => edit.file.startsWith(place))),
  look: async (attempt) => {
    const { bug, signal } = attempt;
    const request = { entry, args: args(attempt), bug: bug.name, timeoutMs };
    return findingOf(name, await runChild(signal === undefined ? request : { ...request, signal }));
  },
});

const PURE = ['baton/', 'decide/', 'journal/', 'moment', 'health/'].map((room) => `packages/core/src/${room}`);
const ADAPTERS = ['sdk', 'gateway', 'target-process', 'store-sqlite', 'daemon'].map((name) => `packages/${name}/`);

/** From the quickest to the slowest; the first that sees a bug ends its search. */
export const DETECTORS: readonly Detector[] = [
  detector({
    name: 'state space',
    entry: 'packages/testkit/src/state-space/main.ts',
    holds: PURE,
    args: ({ seed }) => ['--seed', String(seed), '--json'],
    timeoutMs: 90_000,
  }),
  detector({
    name: 'simulator',
    entry: 'packages/testkit/src/simulator/main.ts',
    holds: ['packages/core/', 'packages/sdk/', 'packages/daemon/', 'packages/gateway/'],
    args: ({ seed }) => ['--seed', String(seed), '--cases', '2000', '--json'],
    timeoutMs: 90_000,
  }),
  detector({
    name: 'crash points',
    entry: 'test/crash/main.ts',
    holds: ['packages/core/', 'packages/store-sqlite/', 'packages/daemon/'],
    args: ({ seed }) => ['--seed', String(seed), '--cases', '60', '--json'],
    timeoutMs: 90_000,
  }),
  // The tests of the adapters' own packages, as they are: what only real files, sockets and processes show.
  detector({
    name: 'unit level',
    entry: 'node_modules/vitest/vitest.mjs',
    holds: ADAPTERS,
    args: ({ bug }) => [
      'run',
      ...['--config', 'test/proof/unit.vitest.config.ts'],
      ...['--bail', '1'],
      ...new Set(bug.edits.map((edit) => edit.file.split('/').slice(0, 2).join('/'))),
    ],
    timeoutMs: 120_000,
  }),
];
