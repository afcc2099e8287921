import type { Goal } from '../goal/goal.ts';
import { type Decision, decision } from './action.ts';
import { handover, stepKey } from './handover.ts';
import { leftOpen } from './left-open.ts';
import { singletonMoves } from './lookup.ts';
import { retire } from './retire.ts';
import { inForce, placementOn, routesFor } from './traffic.ts';
import type { World } from './world.ts';

/** A stop that overtook another goal is of the whole environment: what that goal left where it stands goes down too. */
export const takenDown = (goal: Goal): Goal => ({
  ...goal,
  moves: [...goal.kept.map(({ service, ...from }) => ({ service, from, to: null })), ...goal.moves],
  kept: [],
});

/** Quiesce, settle, prove, stay down. What could not be settled is said as what it is. */
export const stop = (goal: Goal, world: World): Decision => {
  // A stop that overtook another goal takes down both of its sides.
  const placement = new Map(placementOn(goal, 'to'));
  for (const move of goal.moves) placement.delete(move.service);
  const config = routesFor(goal, world, placement);
  const release = singletonMoves(goal).map((move) => move.service);
  const failed = singletonMoves(goal).flatMap((move) => {
    const failure =
      world.facts.failures.get(`forward/${stepKey(move.service, 'settle')}`) ??
      world.facts.failures.get(`forward/${stepKey(move.service, 'quiesce')}`);
    return failure === undefined ? [] : [`${move.service}: ${failure.message}`];
  });
  const unsettled = [...failed, ...leftOpen(goal, world)];
  return (
    handover(goal, world, () => null) ??
    (inForce(world, config) && world.facts.switchedAt.forward !== undefined
      ? undefined
      : decision(
          { kind: 'route', config, release, direction: 'forward', final: true },
          'nothing is served any more',
        )) ??
    retire(goal, world, 'from', world.facts.switchedAt.forward) ??
    retire(goal, world, 'to', world.facts.switchedAt.forward) ??
    decision(
      unsettled.length === 0
        ? { kind: 'close', outcome: 'stopped', summary: 'stopped, and nothing acts' }
        : {
            kind: 'close',
            outcome: 'needs-operator',
            summary: `stopped and nothing acts, but not settled: ${unsettled.join('; ')}`,
          },
      'every instance is proven dead',
    )
  );
};
