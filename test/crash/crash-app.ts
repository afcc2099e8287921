import type { App, HealthSpec, ServiceSpec, SingletonSpec } from '@baton/core';

/** How the singleton of the story starts and stops. */
export type Way = 'warm-http' | 'cold-signal';
export const WAYS: readonly Way[] = ['warm-http', 'cold-signal'];

export const SCOPE = { app: 'crash', environment: 'test' } as const;
export const SCOPE_KEY = 'crash/test';

const HEALTH: HealthSpec = {
  http: { port: 8000, path: '/health' },
  successes: 1,
  retries: 8,
  intervalMs: 250,
  timeoutMs: 250,
  startPeriodMs: 0,
  reach: [],
  maxRestarts: 0,
};

const service = (name: string, version: string, more: Partial<ServiceSpec>): ServiceSpec => ({
  name,
  role: 'replicated',
  environment: { VERSION: version },
  ports: [{ containerPort: 8000, protocol: 'tcp' }],
  dependsOn: [],
  replicas: 1,
  resources: {},
  volumes: [],
  networks: [],
  labels: {},
  stopGraceMs: 100,
  stopSignal: 'SIGTERM',
  routes: [{ path: `/${name}` }],
  health: HEALTH,
  smoke: [],
  releaseFiles: [],
  compose: {},
  ...more,
});

const singleton = (way: Way): SingletonSpec => ({
  start: way === 'warm-http' ? 'warm' : 'cold',
  stop: way === 'warm-http' ? 'http' : 'signal',
  account: 'main',
  settle: 'flatten',
  reconcile: 'venue',
  clientIds: 'prefix:baton-',
  maxInFlightMs: 10,
  settleTimeoutMs: 1_000,
});

/** A trader and the service before it, at one version; a broken one is unwell as soon as it acts. */
export const appOf = (way: Way, version: string, isBroken: boolean): App => ({
  name: SCOPE.app,
  root: '/',
  environment: {
    name: SCOPE.environment,
    target: 'process',
    listen: ['127.0.0.1:80'],
    tags: 'any',
    approvals: 0,
    strategy: { bakeMs: 300, drainMs: 0, holdMs: 1_000, rollbackTimeoutMs: 20_000, gateTimeoutMs: 5_000 },
    preset: {},
  },
  environments: [SCOPE.environment],
  services: [
    service('web', version, {}),
    service('bot', version, {
      role: 'singleton',
      dependsOn: ['web'],
      singleton: singleton(way),
      environment: { VERSION: version, ...(isBroken ? { BROKEN: 'when-active' } : {}) },
    }),
  ],
  flags: [],
  secrets: {},
  warnings: [],
});
