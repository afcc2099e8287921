import type { Outcome } from '@baton/core';
import { brokenEnd, brokenRules } from '../model/index.ts';
import type { Configuration } from './configurations.ts';
import { judgeGraph } from './judge-graph.ts';
import { beginningState, type SpaceState } from './space-state.ts';
import { keyOf } from './state-key.ts';
import { successors } from './successors.ts';

/** A state that breaks a rule, is stuck or goes round for ever, and the shortest way there. */
export interface SpaceFault {
  readonly invariant: string;
  readonly detail: string;
  readonly trace: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly edges: number;
  /** Steps of the longest of the shortest ways from the beginning. */
  readonly depth: number;
  /** Steps of the longest way to an end on which nothing more goes wrong. */
  readonly longestToEnd: number;
  readonly ends: Readonly<Partial<Record<Outcome, number>>>;
  /** False where `maxStates` cut it off: then only what was reached was judged. */
  readonly complete: boolean;
  readonly faults: readonly SpaceFault[];
}

export interface ExploreOptions {
  /** How many things may go wrong on one way. */
  readonly faults: number;
  readonly maxStates: number;
  readonly signal?: AbortSignal | undefined;
}

/** More of them say nothing new of one configuration. */
const MAX_FAULTS = 5;
/** Far longer than any way that comes to an end; one that grows for ever has no state twice. */
const MAX_DEPTH = 250;

/** The states by number, in the order in which they were found, and how each was found first. */
class Found {
  readonly parents: number[] = [];
  readonly labels: string[] = [];
  readonly depths: number[] = [];
  /** Ways on from each state on which nothing goes wrong. */
  readonly free: (number[] | undefined)[] = [];
  readonly ended: boolean[] = [];
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.parents.length;
  }

  /** Its number, and whether it is new. */
  add(state: SpaceState, parent: number, label: string): { readonly number: number; readonly isNew: boolean } {
    const key = keyOf(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return { number: known, isNew: false };
    const number = this.parents.length;
    this.#numbers.set(key, number);
    this.parents.push(parent);
    this.labels.push(label);
    this.depths.push(parent < 0 ? 0 : (this.depths[parent] ?? 0) + 1);
    this.ended.push(state.closed !== undefined);
    this.free.push(undefined);
    return { number, isNew: true };
  }

  trace(number: number): readonly string[] {
    const labels: string[] = [];
    for (let at = number; at > 0; at = this.parents[at] ?? 0) labels.push(this.labels[at] ?? '');
    return labels.toReversed();
  }
}

const brokenIn = (configuration: Configuration, state: SpaceState): readonly string[] => {
  const judged = {
    ...state,
    goal: configuration.goal,
    instances: state.instances.map((one) => ({ ...one, unreachable: one.contact === 'unreachable' })),
  };
  // One whose death could not be confirmed is said to be unproven; everybody else is dead under the latch.
  const underLatch = state.instances.filter((one) => {
    const record = state.batons.get(one.service);
    return one.alive && one.phase === 'active' && record?.latch != null && record.unproven?.instance !== one.id;
  });
  return [
    ...brokenRules(judged),
    ...underLatch.map((one) => `${one.id} of ${one.service} acts while latched`),
    ...(state.closed === undefined ? [] : [...brokenEnd(judged), ...orphansIn(configuration, state)]),
  ];
};

/** Orders that nobody holds, and of which nobody was told. */
const orphansIn = ({ goal }: Configuration, { closed, orders, batons }: SpaceState): readonly string[] => {
  if (closed === undefined || closed.outcome === 'needs-operator' || closed.summary.includes('not settled')) return [];
  const asked = goal.moves.filter(({ from, to }) => (to ?? from)?.pinned.spec.singleton?.reconcile === 'venue');
  return asked
    .filter(({ service }) => orders.has(service) && batons.get(service)?.holder == null)
    .map(({ service }) => `${closed.outcome}, and the orders of ${service} are nobody's and not told of`);
};

/**
 * Every state that can be reached from the beginning of a configuration, breadth first, each judged by the rules;
 * then the graph of them: without a further fault every way must be finite and close the goal.
 */
export const explore = (configuration: Configuration, options: ExploreOptions): Explored => {
  const found = new Found();
  const faults: SpaceFault[] = [];
  const ends: Partial<Record<Outcome, number>> = {};
  let edges = 0;
  let depth = 0;
  let frontier: { readonly state: SpaceState; readonly number: number }[] = [];
  const judge = (state: SpaceState, number: number): boolean => {
    const broken = brokenIn(configuration, state);
    for (const detail of broken) faults.push({ invariant: 'rule', detail, trace: found.trace(number) });
    if (state.closed !== undefined) ends[state.closed.outcome] = (ends[state.closed.outcome] ?? 0) + 1;
    return broken.length === 0;
  };
  const first = beginningState(configuration, options.faults);
  frontier.push({ state: first, number: found.add(first, -1, '').number });
  while (frontier.length > 0 && found.size < options.maxStates && faults.length < MAX_FAULTS) {
    options.signal?.throwIfAborted();
    const next: typeof frontier = [];
    depth += 1;
    if (depth > MAX_DEPTH) {
      const trace = found.trace(frontier[0]?.number ?? 0);
      faults.push({ invariant: 'every way is finite', detail: `no end within ${MAX_DEPTH} steps`, trace });
      break;
    }
    for (const { state, number } of frontier) {
      const free: number[] = [];
      for (const way of successors(configuration.goal, state)) {
        edges += 1;
        const to = found.add(way.state, number, way.label);
        if (way.free) free.push(to.number);
        if (to.isNew && judge(way.state, to.number)) next.push({ state: way.state, number: to.number });
      }
      found.free[number] = free;
    }
    frontier = next;
  }
  const graph = judgeGraph(found.free, found.ended);
  if (faults.length === 0) {
    for (const number of graph.stuck.slice(0, MAX_FAULTS))
      faults.push({ invariant: 'every goal ends', detail: 'nothing goes on from here', trace: found.trace(number) });
    for (const number of graph.looping.slice(0, MAX_FAULTS))
      faults.push({ invariant: 'every way is finite', detail: 'this state comes back', trace: found.trace(number) });
  }
  return {
    states: found.size,
    edges,
    depth: found.depths.reduce((most, depth) => Math.max(most, depth), 0),
    longestToEnd: graph.longest,
    ends,
    complete: frontier.length === 0,
    faults: faults.slice(0, MAX_FAULTS),
  };
};
