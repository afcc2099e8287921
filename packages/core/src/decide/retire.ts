import type { Goal } from '../goal/goal.ts';
import { elapsedMs, type Moment } from '../moment.ts';
import { type Decision, decision } from './action.ts';
import { livingAt, singletonMoves } from './lookup.ts';
import type { World } from './world.ts';

/** Drains and stops one side of the moves, what serves clients first; undefined when nothing of it is left. */
export const retire = (
  goal: Goal,
  world: World,
  which: 'from' | 'to',
  since: Moment | undefined,
): Decision | undefined => {
  const singletons = new Set(singletonMoves(goal).map((move) => move.service));
  for (const move of goal.moves.toReversed()) {
    const side = move[which];
    const other = which === 'from' ? move.to : move.from;
    if (side === null || (other !== null && other.slot === side.slot)) continue;
    const living = livingAt(world, move.service, side);
    if (world.facts.retired.has(`${move.service}@${side.slot}`) && living.length === 0) continue;
    const left = since === undefined ? 0 : Math.max(0, goal.strategy.drainMs - elapsedMs(since, world.now));
    const instances = living.map((view) => view.instance);
    const drainMs = singletons.has(move.service) ? 0 : left;
    return decision(
      { kind: 'retire', service: move.service, slot: side.slot, instances, drainMs },
      `release ${side.release} in ${side.slot} is not needed any more`,
    );
  }
  return undefined;
};
