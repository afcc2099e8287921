import { proveByMutation } from './mutation/run.ts';
import { type Part, processPart } from './part.ts';
import { proveSeededBugs } from './seeded-bugs.ts';

/** Everything that tries to break the promises, in the order in which it runs. */
export const partsOf = (bugs: readonly string[]): readonly Part[] => [
  processPart('model', 'the handover in Promela, by Spin', 2, 'test/model/main.ts', () => []),
  processPart(
    'state-space',
    'every outcome of every decision',
    3,
    'packages/testkit/src/state-space/main.ts',
    () => [],
  ),
  processPart('crash-points', 'a kill at every write, on real SQLite files', 4, 'test/crash/main.ts', () => []),
  processPart(
    'simulator',
    'the whole system under one scheduler',
    8,
    'packages/testkit/src/simulator/main.ts',
    (one) => ['--budget-ms', String(Math.round(one.budgetMs))],
  ),
  processPart('chaos', 'kills and pauses of real processes', 6, 'test/chaos/main.ts', (one) => [
    '--budget-ms',
    String(Math.round(one.budgetMs)),
  ]),
  {
    name: 'seeded-bugs',
    what: 'deliberate faults that the checks must see',
    weight: 10,
    run: async (request) => await proveSeededBugs(request, bugs),
  },
  { name: 'mutation', what: 'mutants that the unit tests must kill', weight: 6, run: proveByMutation },
];
