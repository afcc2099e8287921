import type { App, ServiceSpec, SettlePolicy, SingletonSpec } from '@baton/core';
import { type SeededRandom, seededRandom } from '../clock/seeded-random.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';

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
  /** How often a call is struck, where its phase is neither rare nor frequent. */
  readonly faultRate: number;
  readonly maxStrikes: number;
  /** Share of calls that are answered in the very moment in which they are made. */
  readonly instantShare: number;
  /** From here on nothing fails any more, and everything must come to an end. */
  readonly faultsEndMs: number;
}

const shapesOf = (random: SeededRandom): readonly TraderShape[] => {
  const one = (name: string): TraderShape => {
    const [start, stop] = random.pick([
      ['warm', 'http'],
      ['warm', 'http'],
      ['warm', 'http'],
      ['cold', 'signal'],
      ['cold', 'http'],
      ['cold', 'exec'],
    ] as const);
    return {
      name,
      start,
      stop,
      settle: random.pick(['flatten', 'transfer', 'keep'] as const),
      reconcile: random.pick(['venue', 'venue', 'none'] as const),
      routed: random.below(2) === 0,
    };
  };
  return random.below(5) === 0 ? [one('bot'), one('hedger')] : [one('bot')];
};

const deedOf = (random: SeededRandom): Deed => {
  const roll = random.below(100);
  if (roll < 40) {
    const behaviour = random.below(3) === 0 ? random.pick(BEHAVIOURS) : 'good';
    return { kind: 'deploy', behaviour, services: random.pick(['all', 'all', 'trader', 'web'] as const) };
  }
  if (roll < 55) return { kind: 'rollback' };
  if (roll < 65) return { kind: 'restart' };
  if (roll < 75) return { kind: 'abort' };
  if (roll < 82) return { kind: 'promote' };
  if (roll < 88) return { kind: 'stop' };
  if (roll < 94) return { kind: 'emergency' };
  return { kind: roll < 97 ? 'arm' : 'unlock' };
};

export const scenarioOf = (seed: number): Scenario => {
  // Apart from the scheduler's own numbers: a shrunken scenario then still runs in the same order.
  const random = seededRandom(seed ^ 0x5eed);
  const traders = shapesOf(random);
  const script: ScriptLine[] = [
    { atMs: 10, deed: { kind: 'deploy', behaviour: 'good', services: 'all' } },
    { atMs: 2_500, deed: { kind: 'deploy', behaviour: random.below(4) === 0 ? random.pick(BEHAVIOURS) : 'good', services: 'all' } },
  ];
  let atMs = 2_500;
  for (let count = random.below(4); count > 0; count -= 1) {
    atMs += 100 + random.below(3_500);
    script.push({ atMs, deed: deedOf(random) });
  }
  const share = random.pick([0.1, 0.3, 0.6, 1]);
  const faults = random.below(12) === 0 ? [] : FAULT_KINDS.filter(() => random.next() < share);
  return {
    seed,
    traders,
    webReplicas: random.below(3),
    bakeMs: random.pick([300, 600, 1_200]),
    script,
    faults,
    faultRate: random.pick([0.01, 0.03, 0.08]),
    maxStrikes: 4 + random.below(24),
    instantShare: random.pick([0, 0.5, 0.8, 0.95]),
    faultsEndMs: atMs + 2_000 + random.below(4_000),
  };
};

const HEALTH = { successes: 2, retries: 10, intervalMs: 100, timeoutMs: 100, startPeriodMs: 0, reach: [], maxRestarts: 0 };
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
