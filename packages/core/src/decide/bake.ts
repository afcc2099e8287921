import type { Goal, Move, Side } from '../goal/goal.ts';
import type { Violation } from '../health/view.ts';
import { elapsedMs } from '../moment.ts';
import { exitEvidence } from './gate.ts';
import { at, gateMs, isOfThisGoal, isReady, livingAt } from './lookup.ts';
import type { InstanceView, World } from './world.ts';

const crashes = (world: World, move: Move, side: Side): Violation[] => {
  const dead = at(world, move.service, side).filter(
    (view) => view.state === 'dead' && isOfThisGoal(world, view.instance),
  );
  const allowed = side.pinned.spec.role === 'singleton' ? 0 : side.pinned.spec.health.maxRestarts;
  const last = dead.at(-1);
  if (last === undefined || dead.length <= allowed) return [];
  return [
    {
      layer: 'process',
      service: move.service,
      instance: last.instance,
      evidence: `${exitEvidence(last)} after the switch (${dead.length} of ${allowed} allowed)`,
    },
  ];
};

const notActing = (world: World, move: Move, view: InstanceView): Violation[] => {
  const record = world.batons[move.service]?.record;
  if (record?.holder?.instance !== view.instance || view.lifecycle?.known !== true) return [];
  const { phase } = view.lifecycle.value;
  return phase === 'active'
    ? []
    : [
        {
          layer: 'process',
          service: move.service,
          instance: view.instance,
          evidence: `it holds the baton and reports ${phase}`,
        },
      ];
};

const neverReady = (goal: Goal, world: World, move: Move, side: Side, view: InstanceView): Violation[] => {
  // A cold program passes no gate before its grant, so its first health is judged here.
  const launchedAt = world.facts.launched.get(view.instance);
  const limit = gateMs(side.pinned.spec, goal.strategy.gateTimeoutMs);
  if (view.startedAs !== 'holder' || isReady(view, side.pinned.spec) || view.health.violations.length > 0) return [];
  if (launchedAt === undefined || elapsedMs(launchedAt, world.now) <= limit) return [];
  return [
    {
      layer: 'endpoint',
      service: move.service,
      instance: view.instance,
      evidence: `not healthy within ${limit} ms: ${view.health.lastFailure ?? 'it never answered'}`,
    },
  ];
};

/** Everything out of bounds on the new side now, each k of n by its monitor. */
export const bakeViolations = (goal: Goal, world: World): readonly Violation[] =>
  goal.moves.flatMap((move) => {
    const side = move.to;
    if (side === null) return [];
    const living = livingAt(world, move.service, side);
    return [
      ...crashes(world, move, side),
      ...living.flatMap((view) => [
        ...view.health.violations,
        ...notActing(world, move, view),
        ...neverReady(goal, world, move, side, view),
      ]),
      ...(living.some((view) => view.health.identity === 'mismatch')
        ? [
            {
              layer: 'identity' as const,
              service: move.service,
              instance: living[0]?.instance ?? '',
              evidence: `it does not report release ${side.release}`,
            },
          ]
        : []),
    ];
  });

/** True where every new instance was seen healthy just now; only such time counts for the bake. */
export const isBakingWell = (goal: Goal, world: World): boolean =>
  bakeViolations(goal, world).length === 0 &&
  goal.moves.every((move) => {
    const side = move.to;
    if (side === null) return true;
    const good = livingAt(world, move.service, side).filter((view) => isReady(view, side.pinned.spec));
    return good.length >= (side.pinned.spec.role === 'singleton' ? 1 : side.pinned.spec.replicas);
  });
