import { describe, expect, test } from 'vitest';
import type { App, ServiceSpec } from '../app/index.ts';
import { decide } from '../decide/decide.ts';
import { placementOn, routesFor } from '../decide/traffic.ts';
import type { World } from '../decide/world.ts';
import { type Goal, referenceOf } from '../goal/index.ts';
import { foldFacts, noFacts } from '../journal/index.ts';
import type { PinnedService } from '../ports/index.ts';
import { type EnvironmentRecord, emptyEnvironment, type Release } from '../release/index.ts';
import { goalOf, hydrateGoal, livePinned, planServices, type Releases, standingGoal } from './plan.ts';

const HEALTH = { successes: 2, retries: 10, intervalMs: 100, timeoutMs: 1_000, startPeriodMs: 0, reach: [] };
const spec = (name: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
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
  routes: [{ path: '/' }],
  health: { ...HEALTH, maxRestarts: 0 },
  smoke: [],
  releaseFiles: [],
  compose: {},
  ...more,
});
const pin = (service: ServiceSpec, digest: string): PinnedService => ({
  spec: service,
  digest,
  artefact: `/${digest}`,
});

const strategy = { bakeMs: 5_000, drainMs: 1_000, holdMs: 1_000, rollbackTimeoutMs: 10_000, gateTimeoutMs: 1_000 };
const release = (number: number, ...services: readonly PinnedService[]): Release => ({
  number,
  app: { name: 'shop', services: services.map((one) => one.spec), environment: { strategy } } as unknown as App,
  services: Object.fromEntries(services.map((one) => [one.spec.name, one])),
  tag: null,
  gitCommit: null,
  createdAt: 0,
  createdBy: 'test',
});
const standing = (number: number, more: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...emptyEnvironment('shop/local'),
  live: { web: { release: 1, slot: 'blue' } },
  release: number,
  ...more,
});
const releasesOf = (...all: readonly Release[]): Releases => new Map(all.map((one) => [one.number, one]));
const request = (number: number) => ({
  generation: 2,
  kind: 'deploy' as const,
  scope: 'shop/local',
  release: number,
  strategy,
  listen: ['127.0.0.1:80'],
  force: false,
  by: 'test',
});

const first = release(1, pin(spec('web'), 'a'));
const rerouted = release(
  2,
  pin(spec('web', { routes: [{ path: '/shop' }], health: { ...HEALTH, retries: 3, maxRestarts: 0 } }), 'a'),
);
const none = new Set<string>();

describe('a service whose content is the same and whose route and health are others', () => {
  const releases = releasesOf(first, rerouted);
  const planned = planServices(standing(1), releases, 2, none);
  const goal = goalOf(request(2), planned);

  test('stays where it is, with its release and its copy, under the new settings', () => {
    expect(planned).toMatchObject([{ service: 'web', change: 'settings-changed', move: undefined }]);
    expect(goal.kept).toMatchObject([
      {
        service: 'web',
        release: 1,
        slot: 'blue',
        pinned: { digest: 'a', artefact: '/a', spec: { health: { retries: 3 } } },
      },
    ]);
  });

  test('is routed as before until the switch, and by the new settings from then on', () => {
    const world = {
      facts: noFacts,
      instances: { known: true, value: [] },
      traffic: { known: true, value: {} },
    } as unknown as World;
    const paths = (which: 'from' | 'to') =>
      routesFor(goal, world, placementOn(goal, which)).routes.map((one) => one.path);
    expect(paths('from')).toEqual(['/']);
    expect(paths('to')).toEqual(['/shop']);
  });

  test('is the same again when a driver that starts anew reads the goal back', () => {
    const read = hydrateGoal(
      JSON.parse(JSON.stringify(referenceOf(goal))) as ReturnType<typeof referenceOf>,
      releases,
      1,
    );
    expect(read).toEqual(goal);
  });

  test('stands under the settings of the standing release, whichever release it was started by', () => {
    const goalOfStanding = standingGoal('shop/local', standing(2), releases, strategy, []);
    expect(goalOfStanding.kept).toMatchObject([{ release: 1, pinned: { spec: { routes: [{ path: '/shop' }] } } }]);
    expect(livePinned(standing(2), releases)).toMatchObject({ web: { digest: 'a', spec: { health: { retries: 3 } } } });
  });

  test('needs no bake: nothing was started', () => {
    expect(goal.strategy.bakeMs).toBe(0);
    expect(goalOf(request(2), planServices(standing(1), releases, 2, new Set(['web']))).strategy.bakeMs).toBe(5_000);
  });

  test('is done with one change of routes', () => {
    const seen: string[] = [];
    const at = { wallMs: 1, monotonicMs: 1, boot: 'b' } as unknown as World['now'];
    const events: Parameters<typeof foldFacts>[0] extends Iterable<infer Event> ? Event[] : never = [];
    let traffic: unknown = {};
    for (let turn = 0; turn < 10; turn += 1) {
      const world: World = {
        now: at,
        facts: foldFacts(events),
        instances: { known: true, value: [] },
        traffic: { known: true, value: traffic as never },
        batons: {},
        bakeHealthyMs: 0,
      };
      const { action } = decide(goal, world);
      seen.push(action.kind === 'verdict' ? action.verdict.check : action.kind);
      if (action.kind === 'begin-gate') events.push({ type: 'gate.began', direction: 'forward', at });
      if (action.kind === 'verdict') events.push({ type: 'verdict', at, verdict: action.verdict });
      if (action.kind === 'route') {
        traffic = { config: { ...action.config, epoch: 1 } };
        if (action.final) events.push({ type: 'traffic.switched', direction: 'forward', at, maxHeldMs: 0 });
      }
      if (action.kind === 'close') break;
    }
    // The first change of routes is only of what is there now: this world began with none.
    expect(seen).toEqual(['begin-gate', 'route', 'gate', 'route', 'bake', 'close']);
  });
});

test('what is unchanged altogether has nothing to apply', () => {
  const releases = releasesOf(first, release(2, pin(spec('web'), 'a')));
  const [web] = planServices(standing(1), releases, 2, none);
  expect(web).toMatchObject({ change: 'unchanged', kept: { release: 1 } });
  expect(web?.kept).not.toHaveProperty('before');
});

test('a service that moves is watched by its own settings on each side', () => {
  const next = release(3, pin(spec('web', { stopGraceMs: 7 }), 'b'));
  const releases = releasesOf(first, rerouted, next);
  const goal: Goal = goalOf(request(3), planServices(standing(2), releases, 3, none));
  expect(goal.moves).toMatchObject([
    {
      from: { release: 1, pinned: { digest: 'a', spec: { routes: [{ path: '/shop' }] } } },
      to: { pinned: { digest: 'b' } },
    },
  ]);
  expect(hydrateGoal(referenceOf(goal), releases, 2)).toEqual(goal);
});

test('an accessory that changed keeps what it runs and all of its old settings', () => {
  const old = release(1, pin(spec('web', { role: 'accessory' }), 'a'));
  const changed = release(2, pin(spec('web', { role: 'accessory', routes: [] }), 'b'));
  const [web] = planServices(standing(1), releasesOf(old, changed), 2, none);
  expect(web).toMatchObject({
    change: 'accessory-changed',
    kept: { pinned: { digest: 'a', spec: { routes: [{ path: '/' }] } } },
  });
});
