import type { ProofReport, ProofRequest, ProofViolation } from '../proof/proof.ts';
import { Coverage } from './coverage.ts';
import { coverageTable, thinPairs } from './coverage-table.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { replayOf, shrink, storyOf } from './shrink.ts';
import { type Life, live } from './simulation.ts';

/** Where neither cases nor steps nor a budget are asked for. */
const DEFAULT_CASES = 200;
const PROGRESS_EVERY = 500;
/** Of two runs with neighbouring seeds no life is the same. */
const SEEDS_APART = 1_000_000;

export interface SimulationRequest extends ProofRequest {
  /** Goes on until so many steps were made. */
  readonly steps?: number;
  /** Ends with the first violation, and does not look for a smaller life that shows it. */
  readonly first?: boolean;
}

class Tally {
  cases = 0;
  steps = 0;
  happenings = 0;
  goals = 0;
  orders = 0;
  requests = 0;
  virtualMs = 0;
  readonly outcomes = new Map<string, number>();

  add(life: Life): void {
    this.cases += 1;
    this.steps += life.steps;
    this.happenings += life.happenings;
    this.goals += life.goals;
    this.orders += life.orders;
    this.requests += life.requests;
    this.virtualMs += life.virtualMs;
    for (const [outcome, count] of life.outcomes) this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + count);
  }
}

const violationOf = async (scenario: Scenario, life: Life): Promise<ProofViolation> => {
  const { broken } = life;
  if (broken === undefined) throw new Error('only a life that broke an invariant is shrunken');
  const smaller = await shrink(scenario, broken.invariant);
  return {
    invariant: broken.invariant,
    detail: `case ${scenario.seed}: ${smaller.life.broken?.detail ?? broken.detail}`,
    replay: replayOf(smaller.scenario, scenario),
    trace: storyOf(smaller.life),
  };
};

const asItIs = (scenario: Scenario, life: Life): ProofViolation => ({
  invariant: life.broken?.invariant ?? '',
  detail: `case ${scenario.seed}: ${life.broken?.detail ?? ''}`,
  replay: replayOf(scenario, scenario),
  trace: storyOf(life),
});

/** Violations after which a run goes on no further: they rarely have as many causes. */
const ENOUGH_VIOLATIONS = 3;

/** Lives one scenario after another; each is decided by its own seed alone. */
export const simulate = async (request: SimulationRequest): Promise<ProofReport> => {
  const coverage = new Coverage();
  const tally = new Tally();
  const violations: ProofViolation[] = [];
  const beganAt = performance.now();
  const cases =
    request.cases ??
    (request.steps === undefined && request.budgetMs === undefined ? DEFAULT_CASES : Number.POSITIVE_INFINITY);
  const isOver = (): boolean =>
    request.signal?.aborted === true ||
    violations.length >= (request.first === true ? 1 : ENOUGH_VIOLATIONS) ||
    tally.cases >= cases ||
    tally.steps >= (request.steps ?? Number.POSITIVE_INFINITY) ||
    performance.now() - beganAt >= (request.budgetMs ?? Number.POSITIVE_INFINITY);
  while (!isOver()) {
    const scenario = scenarioOf(request.seed * SEEDS_APART + tally.cases);
    const life = await live(scenario, coverage);
    tally.add(life);
    if (life.broken !== undefined) {
      request.progress?.(`case ${scenario.seed} broke ${life.broken.invariant}: ${life.broken.detail}`);
      violations.push(request.first === true ? asItIs(scenario, life) : await violationOf(scenario, life));
    }
    if (tally.cases % PROGRESS_EVERY === 0)
      request.progress?.(`${tally.cases} lives, ${tally.steps} steps, ${violations.length} violations`);
  }
  const outcomes = [...tally.outcomes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    part: 'simulator',
    cases: tally.cases,
    steps: tally.steps,
    violations,
    figures: {
      happenings: tally.happenings,
      deployments: tally.goals,
      'orders accepted': tally.orders,
      'client requests': tally.requests,
      'virtual hours': Math.round(tally.virtualMs / 36_000) / 100,
      faults: coverage.total,
      'pairs below 100': thinPairs(coverage).length,
      outcomes: outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
    },
    tables: [coverageTable(coverage)],
  };
};
