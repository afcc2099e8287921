import type { App, ServiceSpec, SettlePolicy, SingletonSpec } from '@baton/core';
import { type SeededRandom, seededRandom } from '../clock/seeded-random.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { Step } from './phases.ts';

/** How the programs of a release behave. */
export const BEHAVIOURS = [
  'good',
  'never-healthy',
  'crashes-at-once',
  'crashes-when-acting',
  'flaps',
  'other-release',
  'refuses-activation',
  'never-settles',
  'slow',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** What an operator does, at worst moments too. */
export type Deed =
  | { readonly kind: 'deploy'; readonly behaviour: Behaviour; readonly services: 'all' | 'trader' | 'web' }
  | { readonly kind: 'rollback' | 'restart' | 'stop' | 'promote' | 'abort' | 'emergency' | 'arm' | 'unlock' };

export interface ScriptLine {
  readonly atMs: number;
  readonly deed: Deed;
}

export interface TraderShape {
  readonly name: string;
  readonly start: 'warm' | 'cold';
  readonly stop: 'http' | 'signal' | 'exec';
  readonly settle: SettlePolicy;
  readonly reconcile: 'venue' | 'none';
  readonly routed: boolean;
}

/** Everything about one simulated life that its seed decides beforehand. */
export interface Scenario {
  readonly seed: number;
  readonly traders: readonly TraderShape[];
  readonly webReplicas: number;
  readonly bakeMs: number;
  readonly script: readonly ScriptLine[];
  /** Swarm testing: a run has some of the faults only, and often none of the rest. */
  readonly faults: readonly FaultKind[];
  /** How many times oftener than usual a call is struck. */
  readonly intensity: number;
  /** The step that most faults of this life strike; undefined strikes all. */
  readonly focus: Step | undefined;
  /** No death can be confirmed while faults last, so that somebody has to be asked. */
  readonly immortal: boolean;
  readonly faultsBeginMs: number;
  /** Times between two orders of a holder, and between two requests of a client. */
  readonly paceMs: number;
  readonly maxStrikes: number;
  /** Share of calls that are answered in the very moment in which they are made. */
  readonly instantShare: number;
  /** From here on nothing fails any more, and everything must come to an end. */
  readonly faultsEndMs: number;
}

const shapesOf = (random: SeededRandom, focus: Step | undefined): readonly TraderShape[] => {
  const asked = focus === 'settle' || focus === 'checkpoint';
  const one = (name: string): TraderShape => {
    const [start, stop] = random.pick([
      ['warm', 'http'],
      ['warm', 'http'],
      ['warm', 'http'],
      ['cold', 'http'],
      // Only a program that is asked settles in a step of its own.
      ...(asked
        ? []
        : ([
            ['cold', 'signal'],
            ['cold', 'exec'],
          ] as const)),
    ] as const);
    return {
      name,
      start,
      stop,
      settle: asked ? 'flatten' : random.pick(['flatten', 'transfer', 'keep'] as const),
      reconcile: focus === 'reconcile' ? 'venue' : random.pick(['venue', 'venue', 'none'] as const),
      routed: focus === 'hold' || random.below(2) === 0,
    };
  };
  return random.below(6) === 0 ? [one('bot'), one('hedger')] : [one('bot')];
};

const deedOf = (random: SeededRandom, focus: Step | undefined): Deed => {
  const roll = random.below(100);
  if (focus === 'emergency' && roll < 50) return { kind: 'emergency' };
  if (roll < 52) {
    const bad = focus === 'going-back' ? random.below(4) > 0 : random.below(4) === 0;
    const behaviour = bad ? random.pick(BEHAVIOURS) : 'good';
    return { kind: 'deploy', behaviour, services: random.pick(['all', 'all', 'trader', 'web'] as const) };
  }
  if (roll < 66) return { kind: 'rollback' };
  if (roll < 80) return { kind: 'restart' };
  if (roll < 86) return { kind: 'abort' };
  if (roll < 90) return { kind: 'promote' };
  if (roll < 93) return { kind: 'stop' };
  if (roll < 96) return { kind: 'emergency' };
  return { kind: roll < 98 ? 'arm' : 'unlock' };
};

/** Where nothing has been deployed yet there is little to break. */
const FIRST_DONE_MS = 1_200;

/** How many lives are about each step, so that every fault strikes it often enough; `all` is about none. */
const FOCUS_SHARES: Readonly<Record<Step | 'all', number>> = {
  standing: 1,
  starting: 2,
  gate: 1,
  launch: 1,
  quiesce: 2,
  settle: 2,
  checkpoint: 1,
  hold: 1,
  revoke: 1,
  prove: 3,
  reconcile: 4,
  grant: 1,
  activate: 2,
  route: 2,
  bake: 3,
  'going-back': 6,
  retire: 1,
  asking: 6,
  close: 1,
  emergency: 2,
  all: 4,
};
const FOCI: readonly (Step | undefined)[] = Object.entries(FOCUS_SHARES).flatMap(([step, share]) =>
  Array.from({ length: share }, () => (step === 'all' ? undefined : (step as Step))),
);

export const scenarioOf = (seed: number): Scenario => {
  // Apart from the scheduler's own numbers: a shrunken scenario then still runs in the same order.
  const random = seededRandom(seed ^ 0x5eed);
  const focus = random.pick(FOCI);
  const traders = shapesOf(random, focus);
  const script: ScriptLine[] = [{ atMs: 10, deed: { kind: 'deploy', behaviour: 'good', services: 'all' } }];
  let atMs = FIRST_DONE_MS;
  for (let count = focus === undefined ? 2 + random.below(4) : 4 + random.below(8); count > 0; count -= 1) {
    script.push({ atMs, deed: deedOf(random, focus) });
    atMs += 200 + random.below(1_200);
  }
  const share = focus === undefined ? random.pick([0.1, 0.3, 0.6, 1]) : random.pick([0.4, 1]);
  const faults = random.below(16) === 0 ? [] : FAULT_KINDS.filter(() => random.next() < share);
  return {
    seed,
    traders,
    webReplicas: random.below(3),
    bakeMs: focus === 'bake' ? random.pick([600, 1_500]) : random.pick([150, 300, 600]),
    script,
    faults,
    intensity: random.pick([0.3, 1, 1, 2]),
    focus,
    immortal: focus === 'asking',
    faultsBeginMs: random.below(5) === 0 ? 0 : FIRST_DONE_MS,
    paceMs: random.pick([20, 60, 200]),
    maxStrikes: focus === undefined ? 4 + random.below(30) : 60,
    instantShare: random.pick([0, 0.5, 0.8, 0.95]),
    faultsEndMs: atMs + 500 + random.below(2_000),
  };
};

const HEALTH = {
  successes: 2,
  retries: 10,
  intervalMs: 100,
  timeoutMs: 100,
  startPeriodMs: 0,
  reach: [],
  maxRestarts: 0,
};
const PORT = 8_000;

const specOf = (name: string, version: number, behaviour: Behaviour, more: Partial<ServiceSpec>): ServiceSpec => ({
  name,
  role: 'replicated',
  environment: { VERSION: String(version), BEHAVIOUR: behaviour },
  ports: [{ containerPort: PORT, protocol: 'tcp' }],
  dependsOn: [],
  replicas: 1,
  resources: {},
  volumes: [],
  networks: [],
  labels: {},
  stopGraceMs: 200,
  stopSignal: 'SIGTERM',
  routes: [],
  health: { ...HEALTH, http: { port: PORT, path: '/health' } },
  smoke: [],
  releaseFiles: [],
  compose: {},
  ...more,
});

const traderSpec = (shape: TraderShape, version: number, behaviour: Behaviour): ServiceSpec => {
  const command = (hook: string): readonly string[] => [hook];
  const singleton: SingletonSpec = {
    start: shape.start,
    stop: shape.stop,
    account: `account-${shape.name}`,
    settle: shape.settle,
    reconcile: shape.reconcile,
    venueUrl: 'http://venue',
    clientIds: 'prefix:ours-',
    maxInFlightMs: 120,
    settleTimeoutMs: 500,
    ...(shape.stop === 'exec'
      ? {
          exec: {
            quiesce: command('quiesce'),
            settle: command('settle'),
            checkpoint: command('checkpoint'),
            exposure: command('exposure'),
          },
        }
      : {}),
  };
  const routes = shape.routed ? [{ path: `/${shape.name}` }] : [];
  return specOf(shape.name, version, behaviour, { role: 'singleton', singleton, routes });
};

/** Versions of what is deployed, by service: only what is named anew moves. */
export interface Version {
  readonly version: number;
  readonly behaviour: Behaviour;
}

export const LISTEN = '10.0.0.1:80';

export const appOf = (scenario: Scenario, versions: ReadonlyMap<string, Version>): App => {
  const of = (name: string): Version => versions.get(name) ?? { version: 1, behaviour: 'good' };
  const services = scenario.traders.map((shape) => {
    const { version, behaviour } = of(shape.name);
    return traderSpec(shape, version, behaviour);
  });
  if (scenario.webReplicas > 0) {
    const { version, behaviour } = of('web');
    services.push(specOf('web', version, behaviour, { replicas: scenario.webReplicas, routes: [{ path: '/' }] }));
  }
  const strategy = {
    bakeMs: scenario.bakeMs,
    drainMs: 200,
    holdMs: 4_000,
    rollbackTimeoutMs: 4_000,
    gateTimeoutMs: 1_500,
  };
  return {
    name: 'app',
    root: '/app',
    environment: {
      name: 'sim',
      target: 'process',
      listen: [LISTEN],
      tags: 'any',
      approvals: 0,
      strategy,
      preset: {},
    },
    environments: ['sim'],
    services,
    flags: [],
    secrets: {},
    warnings: [],
  };
};
