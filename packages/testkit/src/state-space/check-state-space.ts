import { seededRandom } from '../clock/index.ts';
import type { ProofReport, ProofRequest, ProofViolation } from '../proof/index.ts';
import { type Configuration, configurations } from './configurations.ts';
import { type Explored, explore } from './explore.ts';

/** Beyond what a proof is asked for. */
export interface StateSpaceOptions {
  /** Only configurations whose name contains this. */
  readonly only?: string;
  /** How many things may go wrong on one way, at most; 2 unless told. */
  readonly faults?: number;
  /** Ends with the first configuration that breaks a rule. */
  readonly first?: boolean;
}

/** Enough for every configuration with two faults on each way. */
const DEFAULT_STATES = 3_000_000;
const DEFAULT_FAULTS = 2;
const MAIN = 'node packages/testkit/src/state-space/main.ts';

interface Row extends Explored {
  readonly name: string;
  readonly allowed: number;
  readonly ms: number;
}

const shuffled = (list: readonly Configuration[], seed: number): readonly Configuration[] => {
  const random = seededRandom(seed);
  const ranked = list.map((configuration) => ({ configuration, rank: random.next() }));
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ configuration }) => configuration);
};

const violationsOf = ({ name, allowed, faults }: Row): readonly ProofViolation[] =>
  faults.map((fault) => ({
    invariant: fault.invariant,
    detail: `${name}: ${fault.detail}`,
    replay: `${MAIN} --only ${name} --faults ${allowed}`,
    trace: fault.trace,
  }));

const inWords = (row: Row): readonly string[] => [
  row.name,
  String(row.allowed),
  String(row.states),
  String(row.edges),
  String(row.depth),
  String(row.longestToEnd),
  Object.entries(row.ends)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .toSorted()
    .join(', '),
  row.complete ? 'whole' : 'cut off',
];

/** One configuration with so many faults, within what is left of the states and of the time. */
const visit = (
  configuration: Configuration,
  allowed: number,
  maxStates: number,
  { signal, progress }: ProofRequest,
): Row => {
  const began = performance.now();
  const explored = explore(configuration, { faults: allowed, maxStates, signal });
  const row: Row = { ...explored, name: configuration.name, allowed, ms: performance.now() - began };
  progress?.(
    `${row.name}, ${allowed} faults: ${row.states} states, ${row.edges} edges${row.complete ? '' : ', cut off'}`,
  );
  return row;
};

/**
 * Enumerates bounded worlds around `decide` and judges each whole graph: no state that can be reached breaks a rule,
 * and without a further fault every way from every state is finite and closes the goal. First every configuration
 * with one fault, then with two (and more, where asked for) in an order by seed, until `cases` states are spent.
 */
export const checkStateSpace = async (request: ProofRequest, options: StateSpaceOptions = {}): Promise<ProofReport> => {
  const { seed, cases = DEFAULT_STATES, budgetMs = Number.POSITIVE_INFINITY, signal } = request;
  const chosen = configurations().filter(({ name }) => options.only === undefined || name.includes(options.only));
  const began = performance.now();
  const rows: Row[] = [];
  let states = 0;
  for (let allowed = 1; allowed <= (options.faults ?? DEFAULT_FAULTS); allowed += 1) {
    for (const configuration of allowed === 1 ? chosen : shuffled(chosen, seed + allowed)) {
      const left = cases - states;
      if (left <= 0 || performance.now() - began > budgetMs) break;
      if (options.first === true && rows.some(({ faults }) => faults.length > 0)) break;
      const row = visit(configuration, allowed, left, request);
      rows.push(row);
      states += row.states;
      signal?.throwIfAborted();
      // Between two configurations others have their turn: a progress line, an abort.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const edges = rows.reduce((sum, row) => sum + row.edges, 0);
  return {
    part: 'state-space',
    cases: states,
    steps: edges,
    violations: rows.flatMap(violationsOf),
    figures: {
      configurations: new Set(rows.map(({ name }) => name)).size,
      states,
      edges,
      'whole graphs': rows.filter(({ complete }) => complete).length,
      'graphs cut off': rows.filter(({ complete }) => !complete).length,
      'deepest state': Math.max(0, ...rows.map(({ depth }) => depth)),
      'longest way to an end': Math.max(0, ...rows.map(({ longestToEnd }) => longestToEnd)),
    },
    tables: [
      {
        title: 'Whole state spaces of decide',
        header: ['configuration', 'faults', 'states', 'edges', 'depth', 'longest way to an end', 'ends', 'graph'],
        rows: rows.map(inWords),
      },
    ],
  };
};
