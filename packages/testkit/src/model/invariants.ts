import type { BatonRecord, Facts, Goal, Outcome, TrafficConfig } from '@baton/core';
import type { ModelInstance } from './model-world.ts';

/** A process as the rules judge it. */
export interface JudgedInstance extends Readonly<Pick<ModelInstance, 'id' | 'service' | 'side' | 'alive' | 'phase'>> {
  /** Nobody can reach its machine: that it is left running is said, and not a fault. */
  readonly unreachable?: boolean;
}

/** What of a world the rules judge; any model of the system can show it. */
export interface JudgedWorld {
  readonly goal: Goal;
  readonly facts: Facts;
  readonly instances: readonly JudgedInstance[];
  readonly batons: ReadonlyMap<string, BatonRecord>;
  readonly config: Pick<TrafficConfig, 'routes'> | undefined;
  readonly held: ReadonlySet<string>;
  readonly closed: { readonly outcome: Outcome } | undefined;
  /** Rules that were broken on the way here, in words. */
  readonly broken: readonly string[];
}

/** Everything that must hold in every reachable state. One sentence for each rule that is broken. */
export const brokenRules = (world: JudgedWorld): readonly string[] => {
  const broken: string[] = [...world.broken];
  for (const [service, record] of world.batons) {
    const acting = world.instances.filter((one) => one.service === service && one.alive && one.phase === 'active');
    if (acting.length > 1)
      broken.push(`${acting.length} instances of ${service} act at once: ${acting.map((one) => one.id).join(', ')}`);
    const stranger = acting.find((one) => one.id !== record.holder?.instance && one.id !== record.unproven?.instance);
    if (stranger !== undefined) broken.push(`${stranger.id} of ${service} acts without the baton`);
    if (record.holder !== null && acting.some((one) => one.id === record.unproven?.instance))
      broken.push(`the last holder of ${service} still acts beside a grant`);
    if (record.latch !== null && record.holder !== null) broken.push(`${service} is held while latched`);
  }
  return broken;
};

const isLeft = (one: JudgedInstance): boolean => one.alive && one.unreachable !== true;

/** What a closed goal must have left behind. */
export const brokenEnd = (world: JudgedWorld): readonly string[] => {
  const broken: string[] = [];
  const { closed, goal } = world;
  if (closed === undefined) return ['the goal did not end'];
  if (world.held.size > 0 && closed.outcome !== 'needs-operator')
    broken.push(`requests of ${[...world.held].join(', ')} are held for ever`);
  for (const [service, record] of world.batons) {
    if (record.latch !== null && world.instances.some((one) => one.service === service && isLeft(one)))
      broken.push(`${service} is latched, and something of it runs`);
  }
  for (const move of goal.moves) {
    const wanted = closed.outcome === 'committed' ? move.to : closed.outcome === 'rolled-back' ? move.from : undefined;
    if (wanted === undefined || wanted === null) continue;
    if (wanted.pinned.spec.role === 'singleton') {
      const holder = world.batons.get(move.service)?.holder;
      if (holder?.slot !== wanted.slot || holder.release !== wanted.release)
        broken.push(
          `${closed.outcome}, and ${move.service} is not held on the ${closed.outcome === 'committed' ? 'new' : 'old'} side`,
        );
      const silent = world.instances.find((one) => one.id === holder?.instance && one.alive && one.phase !== 'active');
      if (silent !== undefined)
        broken.push(`${closed.outcome}, and the holder of ${move.service} is left ${silent.phase}`);
    }
    const onRoute = world.config?.routes.find((route) => route.service === move.service);
    if (onRoute !== undefined && !onRoute.pool.startsWith(`${move.service}@${wanted.slot}:`))
      broken.push(`${closed.outcome}, and the route of ${move.service} goes to ${onRoute.pool}`);
  }
  // A stop of some services keeps the others; one that overtook a goal is of everything.
  const mayRun = (service: string): boolean =>
    !world.facts.stopping && goal.kept.some((kept) => kept.service === service);
  if (closed.outcome === 'stopped' && world.instances.some((one) => one.alive && !mayRun(one.service)))
    broken.push('stopped, and something runs');
  return broken;
};
