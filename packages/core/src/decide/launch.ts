import type { Goal, Move, Side } from '../goal/goal.ts';
import { directionOf } from '../journal/facts.ts';
import { type Decision, decision } from './action.ts';
import { isCold, isReady, livingAt, specOf, startedHere } from './lookup.ts';
import type { World } from './world.ts';

/** Restarts of one service that a way back may need before a person is asked. */
export const MAX_RETURN_LAUNCHES = 4;

const dependenciesReady = (goal: Goal, world: World, side: Side, which: 'from' | 'to'): boolean =>
  side.pinned.spec.dependsOn.every((name) => {
    const dependency = goal.moves.find((move) => move.service === name)?.[which];
    if (dependency === undefined || dependency === null || isCold(dependency)) return true;
    return livingAt(world, name, dependency).some((view) => isReady(view, dependency.pinned.spec));
  });

const freeReplica = (world: World, service: string, side: Side): number => {
  const taken = new Set(livingAt(world, service, side).map((view) => view.replica));
  let replica = 0;
  while (taken.has(replica)) replica += 1;
  return replica;
};

const wantedCount = (side: Side): number => {
  const { spec } = side.pinned;
  if (spec.role === 'singleton') return isCold(side) ? 0 : 1;
  return spec.replicas;
};

export const launchStep = (service: string): string => `launch/${service}`;

const launchOne = (world: World, move: Move, side: Side): Decision | undefined => {
  const living = livingAt(world, move.service, side).length;
  const missing = wantedCount(side) - living;
  if (missing <= 0) return undefined;
  const startAs = specOf(move)?.role === 'singleton' ? 'standby' : 'replica';
  const replica = freeReplica(world, move.service, side);
  const reason = `${living} of ${wantedCount(side)} instances of release ${side.release} run in ${side.slot}`;
  return decision({ kind: 'launch', service: move.service, side, replica, startAs }, reason);
};

/** Starts what is missing on one side of the moves, in order of dependency; undefined when all of it runs. */
export const launchMissing = (goal: Goal, world: World, which: 'from' | 'to'): Decision | undefined => {
  const direction = directionOf(world.facts);
  for (const move of goal.moves) {
    const side = move[which];
    if (side === null || !dependenciesReady(goal, world, side, which)) continue;
    if (world.facts.failures.has(`${direction}/${launchStep(move.service)}`) && direction === 'forward') continue;
    if (startedHere(world, move.service, side).length >= MAX_RETURN_LAUNCHES + wantedCount(side)) continue;
    const launch = launchOne(world, move, side);
    if (launch !== undefined) return launch;
  }
  return undefined;
};

/** During the bake the old singleton is started afresh as a standby, so that the way back is warm too. */
export const launchReturnStandby = (goal: Goal, world: World): Decision | undefined => {
  for (const move of goal.moves) {
    if (move.from === null || move.to === null || specOf(move)?.role !== 'singleton' || isCold(move.from)) continue;
    const failed = world.facts.failures.has(`forward/${launchStep(move.service)}`);
    const tried = startedHere(world, move.service, move.from).length > 0;
    if (!tried && !failed && livingAt(world, move.service, move.from).length === 0)
      return launchOne(world, move, move.from);
  }
  return undefined;
};
