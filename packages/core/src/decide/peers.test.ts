import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../app/index.ts';
import { emptyBaton } from '../baton/index.ts';
import type { Goal, Side } from '../goal/index.ts';
import { noFacts } from '../journal/facts.ts';
import { instanceId, type Slot } from '../names.ts';
import type { TrafficConfig } from '../ports/index.ts';
import { decide } from './decide.ts';
import { placementOn, routesFor } from './traffic.ts';
import type { InstanceView, World } from './world.ts';

const service = (name: string, more: Partial<ServiceSpec>): ServiceSpec => ({
  name,
  role: 'replicated',
  environment: {},
  ports: [{ containerPort: 8080, protocol: 'tcp' }],
  dependsOn: [],
  replicas: 1,
  resources: {},
  volumes: [],
  networks: [],
  labels: {},
  stopGraceMs: 1_000,
  stopSignal: 'SIGTERM',
  routes: [],
  health: {
    http: { port: 8080, path: '/health' },
    successes: 2,
    retries: 10,
    intervalMs: 100,
    timeoutMs: 1_000,
    startPeriodMs: 0,
    reach: [],
    maxRestarts: 0,
  },
  smoke: [],
  releaseFiles: [],
  compose: {},
  ...more,
});

const market = service('market', {});
const bot = service('bot', {
  role: 'singleton',
  singleton: { start: 'warm', stop: 'http', reconcile: 'none', maxInFlightMs: 0, settleTimeoutMs: 1_000 },
});

const side = (spec: ServiceSpec, release: number, slot: Slot): Side => ({
  release,
  slot,
  pinned: { spec, digest: `sha256:${release}`, artefact: `/${release}` },
});

const goal: Goal = {
  generation: 2,
  kind: 'deploy',
  scope: 'app/local',
  release: 2,
  moves: [{ service: 'bot', from: side(bot, 1, 'blue'), to: side(bot, 2, 'green') }],
  kept: [{ service: 'market', ...side(market, 1, 'blue') }],
  strategy: { bakeMs: 1_000, drainMs: 1_000, holdMs: 1_000, rollbackTimeoutMs: 10_000, gateTimeoutMs: 10_000 },
  listen: [],
  force: false,
  by: 'a test',
};

const now = { boot: 'boot', monotonicMs: 1_000, wallMs: 1_000 };

const instance = (name: string, of: string, release: number, slot: Slot, successes: number): InstanceView => ({
  instance: instanceId(name),
  service: of,
  slot,
  release,
  digest: `sha256:${release}`,
  replica: 0,
  startedAs: of === 'bot' ? 'standby' : 'replica',
  state: 'running',
  handle: name,
  addresses: { 8080: `127.0.0.1:${9_000 + name.length}` },
  startedAt: 0,
  health: { successes, identity: 'match', violations: [], lastFailure: undefined },
  lifecycle:
    of === 'bot'
      ? {
          known: true,
          value: { instance: instanceId(name), phase: 'standby', token: 0, release, digest: `sha256:${release}` },
        }
      : undefined,
});

const standing = [instance('market-1', 'market', 1, 'blue', 5), instance('old-bot', 'bot', 1, 'blue', 5)];

const world = (
  instances: readonly InstanceView[],
  config: TrafficConfig | undefined,
  more: Partial<World> = {},
): World => ({
  now,
  facts: { ...noFacts, openedAt: now, gateBeganAt: { forward: now }, launched: new Map([['new-bot', now]]) },
  instances: { known: true, value: instances },
  traffic: { known: true, value: { config, held: {}, activity: [], peerBase: 'http://127.0.0.1:1' } },
  batons: { bot: { record: emptyBaton('app/local/bot'), evidence: {} } },
  bakeHealthyMs: 0,
  ...more,
});

/** What the gateway carries where `instances` run and nothing was switched. */
const carried = (instances: readonly InstanceView[]): TrafficConfig => ({
  ...routesFor(goal, world(instances, undefined), placementOn(goal, 'from')),
  epoch: 1,
});

const prefixes = (config: { readonly peers: TrafficConfig['peers'] }): readonly string[] =>
  config.peers.map(({ prefix }) => prefix);

describe('the peers of an instance', () => {
  test('are routed while it starts, before it can be granted anything', () => {
    const starting = instance('new-bot', 'bot', 2, 'green', 0);
    const { action } = decide(goal, world([...standing, starting], carried(standing)));
    if (action.kind !== 'route') throw new Error(`decided ${action.kind}`);
    expect(prefixes(action.config)).toContain('/new-bot/market');
    expect(action).toMatchObject({ final: false, release: [], config: { routes: carried(standing).routes } });
  });

  test('are in force before the gate is passed', () => {
    const ready = instance('new-bot', 'bot', 2, 'green', 2);
    const all = [...standing, ready];
    expect(decide(goal, world(all, carried(standing))).action.kind).toBe('route');
    expect(decide(goal, world(all, carried(all))).action).toMatchObject({
      kind: 'verdict',
      verdict: { check: 'gate', passed: true },
    });
  });

  test('are routed on the way back too, where clients were never switched', () => {
    const restarted = instance('old-bot-again', 'bot', 1, 'blue', 2);
    const failed = { check: 'handover', passed: false, violations: [] } as const;
    const facts = { ...noFacts, openedAt: now, failed, failedAt: now };
    const all = [instance('market-1', 'market', 1, 'blue', 5), restarted];
    const { action } = decide(goal, world(all, carried(standing), { facts }));
    if (action.kind !== 'route') throw new Error(`decided ${action.kind}`);
    expect(prefixes(action.config)).toContain('/old-bot-again/market');
    expect(action).toMatchObject({ direction: 'back', final: false, release: [] });
  });
});
