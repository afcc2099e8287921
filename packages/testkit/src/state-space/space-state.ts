import {
  type BatonChange,
  type BatonEvidence,
  type BatonRecord,
  changeBaton,
  directionOf,
  emptyBaton,
  type Facts,
  foldFact,
  type GoalEvent,
  type InstanceId,
  instanceId,
  type LifecyclePhase,
  type Moment,
  noFacts,
  type Outcome,
  type Side,
  type TrafficConfig,
} from '@baton/core';
import type { Configuration } from './configurations.ts';

/** The unit in which this world's time passes; every wait is one of them. */
export const TICK_MS = 1_000;

/** One process. `sound` says what it would ever become; `answers` what was heard of it. */
export interface SpaceInstance {
  readonly id: InstanceId;
  readonly service: string;
  readonly side: Side;
  readonly replica: number;
  readonly startedAs: 'replica' | 'standby' | 'holder';
  readonly alive: boolean;
  readonly phase: LifecyclePhase;
  /** Highest token it was told. */
  readonly floor: number;
  /** Whether the driver of now has heard it answer well, often enough. */
  readonly heard: 'well' | 'nothing good' | 'nothing yet';
  readonly sound: 'well' | 'sick' | 'stranger';
  /** `mute`: its process hangs. `unreachable`: so does its machine, and nobody can kill it. */
  readonly contact: 'clear' | 'mute' | 'unreachable';
}

/** What does not answer; `routes` is a gateway that answers and refuses every change. */
export type Outage = 'target' | 'gateway' | 'venue' | 'routes';

/** A call that its driver gave up and that may still arrive. */
export interface LateCall {
  readonly service: string;
  readonly instance: InstanceId;
  readonly token: number;
}

/** One whole world. Immutable: whatever happens is another one. */
export interface SpaceState {
  readonly instances: readonly SpaceInstance[];
  readonly batons: ReadonlyMap<string, BatonRecord>;
  readonly evidence: ReadonlyMap<string, BatonEvidence>;
  readonly facts: Facts;
  readonly config: TrafficConfig | undefined;
  readonly held: ReadonlySet<string>;
  readonly ticks: number;
  readonly bakeHealthyMs: number;
  readonly out: ReadonlySet<Outage>;
  readonly late: readonly LateCall[];
  /** Services that have an order open at the venue. */
  readonly orders: ReadonlySet<string>;
  /** How many more things may go wrong, or be asked by a person. */
  readonly faultsLeft: number;
  readonly nextId: number;
  readonly closed: { readonly outcome: Outcome; readonly summary: string } | undefined;
  readonly broken: readonly string[];
}

export const nowOf = (state: Pick<SpaceState, 'ticks'>): Moment => {
  const ms = state.ticks * TICK_MS;
  return { boot: 'space', monotonicMs: ms, wallMs: ms };
};

export const journal = (state: SpaceState, event: GoalEvent): SpaceState => ({
  ...state,
  facts: foldFact(state.facts, event),
});

export const stepFailed = (state: SpaceState, step: string): SpaceState =>
  journal(state, {
    type: 'step.failed',
    step,
    direction: directionOf(state.facts),
    code: 'space',
    message: 'it failed',
  });

export const byId = (state: SpaceState, id: string): SpaceInstance | undefined =>
  state.instances.find((one) => one.id === id);

export const changeInstance = (state: SpaceState, id: string, change: Partial<SpaceInstance>): SpaceState => ({
  ...state,
  instances: state.instances.map((one) => (one.id === id ? { ...one, ...change } : one)),
});

export const note = (state: SpaceState, service: string, more: BatonEvidence): SpaceState => ({
  ...state,
  evidence: new Map([...state.evidence, [service, { ...state.evidence.get(service), ...more }]]),
});

export const recordOf = (state: SpaceState, service: string): BatonRecord =>
  state.batons.get(service) ?? emptyBaton(service);

/** Whoever begins to act opens an order; whoever is settled leaves none. */
export const trade = (state: SpaceState, service: string, opens: boolean): SpaceState => {
  if (state.orders.has(service) === opens) return state;
  const others = [...state.orders].filter((one) => one !== service);
  return { ...state, orders: new Set(opens ? [...others, service] : others) };
};

export const breaks = (state: SpaceState, rule: string): SpaceState => ({ ...state, broken: [...state.broken, rule] });

/** By the real reducer: what `decide` asks for must never be refused by it. */
export const changeRecord = (state: SpaceState, scope: string, service: string, change: BatonChange): SpaceState => {
  const before = recordOf(state, service);
  const result = changeBaton(before, change, 1, scope);
  if (!result.ok) return breaks(state, `the reducer refused to ${change.kind} ${service}: ${result.refusal}`);
  const after = { ...state, batons: new Map([...state.batons, [service, result.record]]) };
  const { record } = result;
  if (record.token < before.token) return breaks(after, `the token of ${service} fell`);
  if (change.kind === 'grant' && record.token <= before.token)
    return breaks(after, `a token of ${service} was used twice`);
  if (record.holder !== null && record.latch !== null) return breaks(after, `${service} was granted while latched`);
  return after;
};

/** Marked, so that a state's key can name instances by their order instead. */
export const freshId = (state: Pick<SpaceState, 'nextId'>): InstanceId => instanceId(`@${state.nextId}@`);

export const start = (
  state: SpaceState,
  service: string,
  side: Side,
  startedAs: SpaceInstance['startedAs'],
  more: Partial<SpaceInstance> = {},
): SpaceState => ({
  ...state,
  nextId: state.nextId + 1,
  instances: [
    ...state.instances,
    {
      id: freshId(state),
      service,
      side,
      replica: 0,
      startedAs,
      alive: true,
      phase: startedAs === 'standby' ? 'standby' : 'active',
      floor: 0,
      heard: 'nothing good',
      sound: 'well',
      contact: 'clear',
      ...more,
    },
  ],
});

/** Whoever else trades the same account. */
export const FOREIGN = 'another/environment';

const beginSingleton = (
  state: SpaceState,
  { goal, beginning }: Configuration,
  service: string,
  from: Side | null,
): SpaceState => {
  const { batons } = state;
  let next: SpaceState = { ...state, batons: new Map([...batons, [service, emptyBaton(service)]]) };
  if (beginning === 'held-elsewhere') {
    const holder = { instance: instanceId('elsewhere'), service, slot: 'blue' as const, release: 1, scope: FOREIGN };
    return changeRecord(next, FOREIGN, service, { kind: 'grant', holder });
  }
  if (from !== null && beginning !== 'latched') {
    const id = freshId(next);
    const contact = beginning === 'unproven' ? 'unreachable' : 'clear';
    next = start(trade(next, service, true), service, from, 'standby', {
      heard: 'well',
      phase: 'active',
      floor: 1,
      contact,
    });
    const holder = { instance: id, service, slot: from.slot, release: from.release, scope: goal.scope };
    next = changeRecord(next, goal.scope, service, { kind: 'grant', holder });
    if (beginning === 'holder-dead') next = changeInstance(next, id, { alive: false });
    if (beginning === 'unproven') next = changeRecord(next, goal.scope, service, { kind: 'revoke' });
  }
  if (beginning === 'latched')
    next = changeRecord(next, goal.scope, service, {
      kind: 'latch',
      latch: { setAt: 0, by: 'space', reason: 'before' },
    });
  return next;
};

/** The world in which the goal of a configuration was just opened. */
export const beginningState = (configuration: Configuration, faultsLeft: number): SpaceState => {
  const { goal } = configuration;
  let state: SpaceState = {
    instances: [],
    batons: new Map(),
    evidence: new Map(),
    facts: noFacts,
    config: undefined,
    held: new Set(),
    ticks: 0,
    bakeHealthyMs: 0,
    out: new Set(),
    late: [],
    orders: new Set(),
    faultsLeft,
    nextId: 1,
    closed: undefined,
    broken: [],
  };
  const sides = [
    ...goal.moves.map(({ service, from, to }) => ({ service, from, any: (to ?? from) as Side })),
    ...goal.kept.map((kept) => ({ service: kept.service, from: kept as Side, any: kept as Side })),
  ];
  for (const { service, from, any } of sides) {
    if (any.pinned.spec.role === 'singleton') state = beginSingleton(state, configuration, service, from);
    else if (from !== null)
      for (let replica = 0; replica < from.pinned.spec.replicas; replica += 1)
        state = start(state, service, from, 'replica', { heard: 'well', replica });
  }
  return journal(state, { type: 'goal.opened', at: nowOf(state), goal: { ...goal, moves: [], kept: [] } });
};
