import type { Goal, HealthSpec, Move, PinnedService, ServiceSpec, Side, SingletonSpec, Slot } from '@baton/core';

/** What a generated service is like. */
export interface ModelService {
  readonly name: string;
  readonly role: 'replicated' | 'singleton';
  readonly start: 'cold' | 'warm';
  readonly stop: 'http' | 'signal' | 'exec';
  readonly replicas: number;
  readonly routed: boolean;
  readonly hadOld: boolean;
  readonly venue: boolean;
  readonly dependsOn: readonly string[];
  /** `kept` stays where it is; `removed` is not in the new release. */
  readonly fate?: 'kept' | 'removed';
}

const HEALTH: HealthSpec = {
  http: { port: 8000, path: '/health' },
  successes: 2,
  retries: 10,
  intervalMs: 100,
  timeoutMs: 100,
  startPeriodMs: 0,
  reach: [],
  maxRestarts: 0,
};

const singletonOf = (service: ModelService): SingletonSpec => ({
  start: service.start,
  stop: service.stop,
  account: `account-${service.name}`,
  settle: 'flatten',
  reconcile: service.venue ? 'venue' : 'none',
  maxInFlightMs: 100,
  settleTimeoutMs: 1_000,
});

const specOf = (service: ModelService): ServiceSpec => ({
  name: service.name,
  role: service.role,
  environment: {},
  ports: [{ containerPort: 8000, protocol: 'tcp' }],
  dependsOn: service.dependsOn,
  replicas: service.role === 'singleton' ? 1 : service.replicas,
  resources: {},
  volumes: [],
  networks: [],
  labels: {},
  stopGraceMs: 100,
  stopSignal: 'SIGTERM',
  routes: service.routed ? [{ path: `/${service.name}` }] : [],
  health: HEALTH,
  smoke: [],
  releaseFiles: [],
  compose: {},
  ...(service.role === 'singleton' ? { singleton: singletonOf(service) } : {}),
});

const pinned = (service: ModelService, release: number): PinnedService => ({
  spec: specOf(service),
  digest: `sha256:${service.name}-${release}`,
  artefact: `${service.name}-${release}`,
});

const side = (service: ModelService, release: number, slot: Slot): Side => ({
  release,
  slot,
  pinned: pinned(service, release),
});

/** A goal that moves these services from release 1 in blue to release 2 in green. */
export const modelGoal = (services: readonly ModelService[], kind: Goal['kind']): Goal => ({
  generation: 1,
  kind,
  scope: 'model/test',
  release: 2,
  moves: services
    .filter((service) => service.fate !== 'kept')
    .map((service): Move => {
      const gone = service.fate === 'removed';
      const from = service.hadOld || gone || kind === 'stop' ? side(service, 1, 'blue') : null;
      return { service: service.name, from, to: gone || kind === 'stop' ? null : side(service, 2, 'green') };
    }),
  kept: services
    .filter((service) => service.fate === 'kept')
    .map((service) => ({ ...side(service, 1, 'blue'), service: service.name })),
  strategy: { bakeMs: 500, drainMs: 300, holdMs: 1_000, rollbackTimeoutMs: 20_000, gateTimeoutMs: 2_000 },
  listen: ['127.0.0.1:80'],
  force: false,
  by: 'model',
});
