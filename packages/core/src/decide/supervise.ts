import type { Goal } from '../goal/goal.ts';
import { type Action, decision } from './action.ts';
import { byId, instancesOf, isCold, isReady, livingAt, livingUnderLatch } from './lookup.ts';
import { wait } from './question.ts';
import { inForce, placementOn, routesFor } from './traffic.ts';
import type { World } from './world.ts';

/** Supervision's own steps beside those of a goal. */
export type Supervision =
  | { readonly kind: 'forget'; readonly instance: string }
  /** A singleton's holder is gone: a goal of its own hands the baton to a fresh start. */
  | { readonly kind: 'recover'; readonly service: string };

export interface SupervisionDecision {
  readonly action: Action | Supervision;
  readonly reason: string;
}

const SUPERVISE_MS = 1_000;
/** Dead instances of a service that are kept for a look at how they ended. */
const KEPT_DEAD = 3;

const longDead = (goal: Goal, world: World): string | undefined => {
  const named = new Set(
    Object.values(world.batons).flatMap(({ record }) => [record.holder?.instance, record.unproven?.instance]),
  );
  for (const { service } of goal.kept) {
    const dead = instancesOf(world).filter(
      (view) => view.service === service && view.state === 'dead' && !named.has(view.instance),
    );
    if (dead.length > KEPT_DEAD) return dead.toSorted((a, b) => a.startedAt - b.startedAt)[0]?.instance;
  }
  return undefined;
};

/**
 * What stands is kept standing: lost replicas are started again, routes follow, and a singleton that lost
 * its holder is recovered through the whole handover. `mayStart` is the caller's backoff.
 */
export const supervise = (goal: Goal, world: World, mayStart: (service: string) => boolean): SupervisionDecision => {
  if (!world.instances.known) return wait(`the target does not answer: ${world.instances.reason}`, SUPERVISE_MS);
  if (!world.traffic.known) return wait(`the gateway does not answer: ${world.traffic.reason}`, SUPERVISE_MS);
  const [forbidden] = livingUnderLatch(world);
  if (forbidden !== undefined) {
    const { service, instance } = forbidden;
    return decision(
      { kind: 'prove', service, instance, tell: false },
      `nothing of ${service} may run while its latch is set`,
    );
  }
  for (const kept of goal.kept) {
    const { spec } = kept.pinned;
    const living = livingAt(world, kept.service, kept);
    if (spec.role === 'singleton') {
      const record = world.batons[kept.service]?.record;
      // Without a holder it was put down on purpose (a stop, the latch, a person's answer): only a person starts it.
      if (record === undefined || record.latch !== null || record.holder === null) continue;
      // Another environment trades this account now.
      if (record.holder.scope !== goal.scope) continue;
      const holder = byId(world, record.holder.instance);
      if (holder !== undefined && holder.state !== 'dead') continue;
      if (mayStart(kept.service))
        return { action: { kind: 'recover', service: kept.service }, reason: 'its holder is gone' };
      continue;
    }
    if (living.length < spec.replicas && mayStart(kept.service) && !isCold(kept)) {
      const taken = new Set(living.map((view) => view.replica));
      let replica = 0;
      while (taken.has(replica)) replica += 1;
      const reason = `${living.length} of ${spec.replicas} instances run`;
      return decision({ kind: 'launch', service: kept.service, side: kept, replica, startAs: 'replica' }, reason);
    }
  }
  const outlived = longDead(goal, world);
  if (outlived !== undefined) return { action: { kind: 'forget', instance: outlived }, reason: 'long dead' };
  const config = routesFor(goal, world, placementOn(goal, 'to'));
  const emptied = config.pools.some((pool) => pool.members.length === 0);
  if (!inForce(world, config) && !emptied) {
    return decision(
      { kind: 'route', config, release: [], direction: 'forward', final: false },
      'the routes follow the instances',
    );
  }
  const starting = goal.kept.some((kept) =>
    livingAt(world, kept.service, kept).some((view) => !isReady(view, kept.pinned.spec)),
  );
  return wait('everything stands', starting ? SUPERVISE_MS / 10 : SUPERVISE_MS);
};
