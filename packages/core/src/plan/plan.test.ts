import { describe, expect, test } from 'vitest';
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
    expect(releasesNamed(mixed, 3, 0)).toEqual(new Set([2, 3, 4]));
  });
});
