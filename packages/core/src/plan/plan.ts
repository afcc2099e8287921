import type { ServiceSpec, StrategySpec } from '../app/index.ts';
import { canonicalJson } from '../chain.ts';
import { BatonError } from '../errors/index.ts';
import type { Goal, GoalKind, GoalReference, Kept, Move, Side } from '../goal/goal.ts';
import { otherSlot } from '../names.ts';
import type { Json } from '../ports/store.ts';
import type { PinnedService } from '../ports/target.ts';
import type { EnvironmentRecord } from '../release/environment.ts';
import type { Placed, Release } from '../release/release.ts';

/** Releases that a plan needs, by number. */
export type Releases = ReadonlyMap<number, Release>;

const sideIn = (releases: Releases, service: string, placed: Placed): Side => {
  const pinned = releases.get(placed.release)?.services[service];
  if (pinned === undefined) {
    throw new BatonError('release-missing', `Release ${placed.release} does not hold ${service}.`, {
      hint: 'Run "baton history" to see which releases are kept.',
    });
  }
  return { release: placed.release, slot: placed.slot, pinned };
};

/**
 * Where a service stands, judged and routed as release `settings` says where that one runs exactly the same.
 * What runs, and the release that it reports, stay those of its own release.
 */
const sideUnder = (releases: Releases, service: string, placed: Placed, settings: number): Side => {
  const side = sideIn(releases, service, placed);
  const newest = releases.get(settings)?.services[service];
  if (newest?.digest !== side.pinned.digest) return side;
  return { ...side, pinned: { ...side.pinned, spec: newest.spec } };
};

/** A service that stays: as release `after` says, and until the switch as `before` says. */
const keptUnder = (releases: Releases, service: string, placed: Placed, before: number, after: number): Kept => {
  const from = sideUnder(releases, service, placed, before);
  const kept = { ...sideUnder(releases, service, placed, after), service };
  return sameSettings(from.pinned.spec, kept.pinned.spec) ? kept : { ...kept, before: from };
};

/** What Baton judges and routes by; a digest leaves it out, so that a new threshold moves nobody. */
const SETTINGS = [
  'health',
  'routes',
  'smoke',
  'ports',
  'stopGraceMs',
  'dependsOn',
] as const satisfies readonly (keyof ServiceSpec)[];

const sameSettings = (one: ServiceSpec, other: ServiceSpec): boolean =>
  SETTINGS.every((key) => canonicalJson(one[key] as unknown as Json) === canonicalJson(other[key] as unknown as Json));

/** Why a service moves or stays, for `baton plan`. */
export type Change =
  | 'new'
  | 'changed'
  | 'removed'
  | 'unchanged'
  /** It stays, and is routed or judged otherwise from the switch on. */
  | 'settings-changed'
  | 'restarted'
  | 'accessory-changed';

export interface PlannedService {
  readonly service: string;
  readonly change: Change;
  readonly move: Move | undefined;
  readonly kept: Kept | undefined;
}

const planOne = (
  service: string,
  live: Side | undefined,
  kept: Kept | undefined,
  wanted: Side['pinned'] | undefined,
  release: number,
  forced: boolean,
): PlannedService => {
  const moving = (change: Change, from: Side | null, to: Side | null): PlannedService => ({
    service,
    change,
    move: { service, from, to },
    kept: undefined,
  });
  const staying = (change: Change): PlannedService => ({ service, change, move: undefined, kept });
  if (wanted === undefined) {
    if (live === undefined)
      throw new BatonError('nothing-to-plan', `${service} is neither live nor wanted.`, {
        fault: 'bug',
        hint: 'Please report this.',
      });
    return moving('removed', live, null);
  }
  if (live === undefined) return moving('new', null, { release, slot: 'blue', pinned: wanted });
  const settled = kept?.before === undefined ? 'unchanged' : 'settings-changed';
  if (live.pinned.digest === wanted.digest && !forced) return staying(settled);
  // An accessory is shared and not versioned with the release: two of them on one volume would be two writers.
  if (live.pinned.spec.role === 'accessory')
    return staying(live.pinned.digest === wanted.digest ? settled : 'accessory-changed');
  const to = { release, slot: otherSlot(live.slot), pinned: wanted };
  return moving(live.pinned.digest === wanted.digest ? 'restarted' : 'changed', live, to);
};

/**
 * Which services move for `release` to be live, and which stay. What is unchanged keeps its slot, instance
 * and baton.
 * @param restart services that move although nothing of them changed
 */
export const planServices = (
  environment: EnvironmentRecord,
  releases: Releases,
  release: number,
  restart: ReadonlySet<string>,
): readonly PlannedService[] => {
  const wanted = releases.get(release);
  if (wanted === undefined) {
    throw new BatonError('release-missing', `There is no release ${release}.`, {
      fault: 'user',
      hint: 'Run "baton history" to see which there are.',
    });
  }
  const ordered = wanted.app.services.map((spec) => spec.name).filter((name) => wanted.services[name] !== undefined);
  const gone = Object.keys(environment.live).filter((name) => !ordered.includes(name));
  return [...gone, ...ordered].map((service) => {
    const placed = environment.live[service];
    const live = placed === undefined ? undefined : sideUnder(releases, service, placed, environment.release);
    const kept = placed === undefined ? undefined : keptUnder(releases, service, placed, environment.release, release);
    return planOne(service, live, kept, wanted.services[service], release, restart.has(service));
  });
};

/**
 * A fresh start of these services, each of the release that it stands at: after a deployment or a rollback of one
 * service alone that is not the environment's. What is not live comes up from the environment's release.
 */
export const planRestart = (
  environment: EnvironmentRecord,
  releases: Releases,
  services: ReadonlySet<string>,
): readonly PlannedService[] => {
  const current = releases.get(environment.release);
  const ordered = current?.app.services.map((spec) => spec.name) ?? [];
  const names = [...Object.keys(environment.live).filter((name) => !ordered.includes(name)), ...ordered];
  return names.flatMap((service): PlannedService[] => {
    const placed = environment.live[service];
    const standing = environment.release;
    const live = placed === undefined ? undefined : sideUnder(releases, service, placed, standing);
    const kept = placed === undefined ? undefined : keptUnder(releases, service, placed, standing, standing);
    const wanted = live?.pinned ?? current?.services[service];
    if (wanted === undefined || (live === undefined && !services.has(service))) return [];
    return [planOne(service, live, kept, wanted, live?.release ?? standing, services.has(service))];
  });
};

export interface GoalRequest {
  readonly generation: number;
  readonly kind: GoalKind;
  readonly scope: string;
  readonly release: number;
  readonly strategy: StrategySpec;
  readonly listen: readonly string[];
  readonly force: boolean;
  readonly by: string;
}

export const goalOf = (request: GoalRequest, planned: readonly PlannedService[]): Goal => {
  const moves = planned.flatMap((one) => (one.move === undefined ? [] : [one.move]));
  const kept = planned.flatMap((one) => (one.kept === undefined ? [] : [one.kept]));
  // Where nothing starts anew there is nothing to watch.
  const strategy = moves.length === 0 ? { ...request.strategy, bakeMs: 0 } : request.strategy;
  return { ...request, moves, kept, strategy };
};

/** A goal that takes these services down and leaves the rest as it stands. */
export const stopGoalOf = (
  request: GoalRequest,
  environment: EnvironmentRecord,
  releases: Releases,
  services: ReadonlySet<string> | undefined,
): Goal => {
  const live = Object.entries(environment.live).map(([service, placed]) => ({
    service,
    side: sideUnder(releases, service, placed, environment.release),
  }));
  const order = releases.get(environment.release)?.app.services.map((spec) => spec.name) ?? [];
  live.sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service));
  const down = (service: string): boolean => services === undefined || services.has(service);
  return {
    ...request,
    kind: 'stop',
    moves: live.filter(({ service }) => down(service)).map(({ service, side }) => ({ service, from: side, to: null })),
    kept: live.filter(({ service }) => !down(service)).map(({ service, side }) => ({ ...side, service })),
  };
};

/** What stands now, as a goal without moves: for supervision. */
export const standingGoal = (
  scope: string,
  environment: EnvironmentRecord,
  releases: Releases,
  strategy: StrategySpec,
  listen: readonly string[],
): Goal => ({
  generation: environment.generation,
  kind: 'recover',
  scope,
  release: environment.release,
  moves: [],
  kept: Object.entries(environment.live).map(([service, placed]) => ({
    ...sideUnder(releases, service, placed, environment.release),
    service,
  })),
  strategy,
  listen,
  force: false,
  by: 'supervision',
});

/**
 * The pinned whole behind a journaled reference.
 * @param standing the release that the environment stands at while the goal is open: its settings hold until the switch
 */
export const hydrateGoal = (reference: GoalReference, releases: Releases, standing: number): Goal => {
  const side = (service: string, placed: Placed | null, settings: number): Side | null =>
    placed === null ? null : sideUnder(releases, service, placed, settings);
  return {
    ...reference,
    moves: reference.moves.map((move) => ({
      service: move.service,
      from: side(move.service, move.from, standing),
      to: side(move.service, move.to, reference.release),
    })),
    kept: reference.kept.map((kept) => keptUnder(releases, kept.service, kept, standing, reference.release)),
  };
};

/** What is pinned where each service stands, as the standing release judges and routes it. */
export const livePinned = (
  environment: EnvironmentRecord,
  releases: Releases,
): Readonly<Record<string, PinnedService>> =>
  Object.fromEntries(
    Object.entries(environment.live).map(([service, placed]) => [
      service,
      sideUnder(releases, service, placed, environment.release).pinned,
    ]),
  );

/** Numbers of the releases that a reference or a standing names. */
export const releasesNamed = (environment: EnvironmentRecord, ...more: readonly number[]): ReadonlySet<number> =>
  new Set(
    [...Object.values(environment.live).map((placed) => placed.release), environment.release, ...more].filter(
      (number) => number > 0,
    ),
  );
