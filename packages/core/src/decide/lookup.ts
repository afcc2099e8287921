import type { ServiceSpec } from '../app/index.ts';
import type { Goal, Move, Side } from '../goal/goal.ts';
import type { InstanceView, World } from './world.ts';

/** Instances as just seen; `decide` has checked that they are known. */
export const instancesOf = (world: World): readonly InstanceView[] =>
  world.instances.known ? world.instances.value : [];

export const at = (world: World, service: string, side: Side): readonly InstanceView[] =>
  instancesOf(world).filter(
    (view) => view.service === service && view.slot === side.slot && view.release === side.release,
  );

export const livingAt = (world: World, service: string, side: Side): readonly InstanceView[] =>
  at(world, service, side).filter((view) => view.state !== 'dead');

/** Whether it was started under this very goal, though its driver may have died before it could say so. */
export const isOfThisGoal = ({ facts }: World, instance: string): boolean =>
  facts.launched.has(instance) || facts.launching.has(instance);

/** Instances of a side that were started under this very goal; earlier ones of the same release do not count, nor those before a retry. */
export const startedHere = (world: World, service: string, side: Side): readonly InstanceView[] =>
  at(world, service, side).filter(
    ({ instance }) => isOfThisGoal(world, instance) && !world.facts.forgiven.has(instance),
  );

/** Instances of singletons whose emergency stop is set: standbys too, for nothing of them may run. */
export const livingUnderLatch = (world: World): readonly InstanceView[] =>
  instancesOf(world).filter((view) => view.state !== 'dead' && world.batons[view.service]?.record.latch != null);

export const byId = (world: World, instance: string): InstanceView | undefined =>
  instancesOf(world).find((view) => view.instance === instance);

/** Up, answering as often in a row as asked, and not somebody else's release. */
export const isReady = (view: InstanceView, spec: ServiceSpec): boolean =>
  view.state === 'running' && view.health.successes >= spec.health.successes && view.health.identity !== 'mismatch';

export const specOf = (move: Move): ServiceSpec | undefined => (move.to ?? move.from)?.pinned.spec;
export const isCold = (side: Side): boolean => side.pinned.spec.singleton?.start === 'cold';
export const singletonMoves = (goal: Goal): readonly Move[] =>
  goal.moves.filter((move) => specOf(move)?.role === 'singleton');

/** How long an instance may take from its launch to its last good answer in a row. */
export const gateMs = (spec: ServiceSpec, gateTimeoutMs: number): number => {
  const { http, command, startPeriodMs, retries, successes, intervalMs, timeoutMs } = spec.health;
  if (http === undefined && command === undefined) return gateTimeoutMs;
  return startPeriodMs + (retries + successes) * intervalMs + timeoutMs;
};
