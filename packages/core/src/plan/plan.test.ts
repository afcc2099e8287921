import { describe, expect, test } from 'vitest';

<<<<<<< HEAD

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
=======
import type { App } from '../app/index.ts';
import { singleton } from '../engine/testing/engine-fakes.ts';
import { hasCode } from '../errors/index.ts';
import { referenceOf } from '../goal/index.ts';
import type { PinnedService } from '../ports/target.ts';
import { type EnvironmentRecord, emptyEnvironment, type Release } from '../release/index.ts';
import { goalOf, hydrateGoal, planRestart, planServices, releasesNamed, standingGoal, stopGoalOf } from './plan.ts';

const bot = singleton('bot');
const web = singleton('web', { role: 'replicated' });
const cache = singleton('cache', { role: 'accessory' });
const strategy = { bakeMs: 0, drainMs: 0, holdMs: 0, rollbackTimeoutMs: 0, gateTimeoutMs: 0 };

/** A release of these services; each digest is the service and the given version of it. */
const release = (number: number, versions: Readonly<Record<string, number>>): Release => {
  const specs = [cache, web, bot].filter((spec) => spec.name in versions);
  const services = Object.fromEntries(
    specs.map((spec): [string, PinnedService] => {
      const digest = `sha256:${spec.name}-${versions[spec.name]}`;
      return [spec.name, { spec, digest, artefact: digest }];
    }),
  );
  const app = { name: 'app', services: specs, environment: { strategy, listen: [] } } as unknown as App;
  return { number, app, services, tag: null, gitCommit: null, createdAt: 0, createdBy: 'a test' };
};

const all = (...releases: readonly Release[]) => new Map(releases.map((one) => [one.number, one]));
const standing = (more: Partial<EnvironmentRecord>): EnvironmentRecord => ({
  ...emptyEnvironment('app/local'),
  release: 1,
  live: { web: { release: 1, slot: 'blue' }, bot: { release: 1, slot: 'green' } },
  ...more,
});
const request = {
  generation: 2,
  kind: 'deploy' as const,
  scope: 'app/local',
  release: 2,
  strategy,
  listen: [],
  force: false,
  by: 'a test',
};
const short = (planned: ReturnType<typeof planServices>) =>
  planned.map(({ service, change, move }) => [service, change, move?.to?.release ?? null, move?.to?.slot ?? null]);

describe('a plan', () => {
  const one = release(1, { web: 1, bot: 1 });

  test('moves what changed to the other slot, and keeps the rest where it is', () => {
    expect(short(planServices(standing({}), all(one, release(2, { web: 2, bot: 1 })), 2, new Set()))).toEqual([
      ['web', 'changed', 2, 'green'],
      ['bot', 'unchanged', null, null],
    ]);
  });
  test('moves what is named although nothing of it changed', () => {
    const planned = planServices(standing({}), all(one, release(2, { web: 1, bot: 1 })), 2, new Set(['bot']));
    expect(short(planned)).toEqual([
      ['web', 'unchanged', null, null],
      ['bot', 'restarted', 2, 'blue'],
    ]);
  });
  test('adds what is new, and takes out what the release does not hold', () => {
    expect(short(planServices(standing({}), all(one, release(2, { cache: 1, bot: 1 })), 2, new Set()))).toEqual([
      ['web', 'removed', null, null],
      ['cache', 'new', 2, 'blue'],
      ['bot', 'unchanged', null, null],
    ]);
  });
  test('never moves an accessory', () => {
    const live = { cache: { release: 1, slot: 'blue' as const } };
    const releases = all(release(1, { cache: 1 }), release(2, { cache: 2 }));
    expect(short(planServices(standing({ live }), releases, 2, new Set(['cache'])))[0]?.[1]).toBe('unchanged');
    expect(short(planServices(standing({ live }), releases, 2, new Set()))[0]?.[1]).toBe('accessory-changed');
  });
  test('refuses a release that there is not', () => {
    expect(() => planServices(standing({}), all(one), 9, new Set())).toThrow(
      expect.toSatisfy((error: unknown) => hasCode(error, 'release-missing')),
    );
  });
});

describe('a restart', () => {
  // After `rollback --to 1 --service web`: the environment is at 1, and the bot still at 7.
  const mixed = standing({
    release: 1,
    live: { web: { release: 1, slot: 'blue' }, bot: { release: 7, slot: 'green' } },
  });
  const releases = all(release(1, { web: 1, bot: 1 }), release(7, { web: 7, bot: 7 }));

  test('starts each service of the release that it stands at, whatever the environment is at', () => {
    const planned = planRestart(mixed, releases, new Set(['bot']));
    expect(short(planned)).toEqual([
      ['web', 'unchanged', null, null],
      ['bot', 'restarted', 7, 'blue'],
    ]);
    expect(planned[1]?.move?.to?.pinned.digest).toBe('sha256:bot-7');
  });
  test("takes nothing out that the environment's release does not hold", () => {
    const without = all(release(1, { web: 1 }), release(7, { web: 7, bot: 7 }));
    expect(short(planRestart(mixed, without, new Set(['bot'])))).toContainEqual(['bot', 'restarted', 7, 'blue']);
  });
  test('brings up what is not live only where it is named', () => {
    const down = standing({ live: { web: { release: 1, slot: 'blue' } } });
    expect(short(planRestart(down, releases, new Set(['web']))).map(([name]) => name)).toEqual(['web']);
    expect(short(planRestart(down, releases, new Set(['bot'])))).toContainEqual(['bot', 'new', 1, 'blue']);
  });
});

describe('a goal', () => {
  const releases = all(release(1, { web: 1, bot: 1 }), release(2, { web: 2, bot: 2 }));

  test('is the same again when it is read back from its journaled reference', () => {
    const goal = goalOf(request, planServices(standing({}), releases, 2, new Set()));
    expect(hydrateGoal(referenceOf(goal), releases)).toEqual(goal);
  });
  test('journals no configuration, and so no value of a variable', () => {
    const goal = goalOf(request, planServices(standing({}), releases, 2, new Set()));
    expect(JSON.stringify(referenceOf(goal))).not.toContain('environment"');
  });
  test('to stop takes down what is named and keeps the rest', () => {
    const goal = stopGoalOf(request, standing({}), releases, new Set(['bot']));
    expect(goal.moves.map(({ service, to }) => [service, to])).toEqual([['bot', null]]);
    expect(goal.kept.map(({ service }) => service)).toEqual(['web']);
  });
  test('of supervision keeps all that is live', () => {
    const goal = standingGoal('app/local', standing({}), releases, strategy, []);
    expect([goal.moves.length, goal.kept.length]).toEqual([0, 2]);
  });
  test('needs the releases of all that is live', () => {
    const mixed = standing({ release: 4, live: { web: { release: 2, slot: 'blue' } } });
    expect([...releasesNamed(mixed, 3, 0)].toSorted()).toEqual([2, 3, 4]);
>>>>>>> review
  });
});
