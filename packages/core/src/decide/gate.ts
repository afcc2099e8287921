import type { Goal, Move, Side } from '../goal/goal.ts';
import { FORCIBLE, type Layer, type Violation } from '../health/view.ts';
import { elapsedMs } from '../moment.ts';
import { launchStep } from './launch.ts';
import { at, gateMs, isCold, isOfThisGoal, isReady, livingAt } from './lookup.ts';
import type { InstanceView, World } from './world.ts';

const violation = (layer: Layer, service: string, instance: string, evidence: string): Violation => ({
  layer,
  service,
  instance,
  evidence,
});

/** How a dead instance is told of: by what ended it. */
export const exitEvidence = (view: InstanceView): string => {
  const { exit } = view;
  if (exit === undefined) return `release ${view.release} is not running any more; how it ended was not seen`;
  if (exit.outOfMemory) return `release ${view.release} was killed for using too much memory`;
  if (exit.signal !== null) return `release ${view.release} was ended by ${exit.signal}`;
  return `release ${view.release} exited with code ${exit.code}`;
};

const judgeInstance = (goal: Goal, world: World, move: Move, side: Side, view: InstanceView): Violation | undefined => {
  const { spec } = side.pinned;
  if (view.health.identity === 'mismatch') {
    const evidence = view.health.lastFailure ?? `it does not report release ${side.release}`;
    return violation('identity', move.service, view.instance, evidence);
  }
  if (
    spec.role === 'singleton' &&
    view.startedAs === 'standby' &&
    view.lifecycle?.known === true &&
    view.lifecycle.value.phase !== 'standby'
  ) {
    return violation(
      'identity',
      move.service,
      view.instance,
      `it came up ${view.lifecycle.value.phase} where it had to be in standby`,
    );
  }
  const launchedAt = world.facts.launched.get(view.instance);
  const limit = gateMs(spec, goal.strategy.gateTimeoutMs);
  if (isReady(view, spec) || launchedAt === undefined || elapsedMs(launchedAt, world.now) <= limit) return undefined;
  const seen = view.health.lastFailure ?? 'it never answered';
  return violation('endpoint', move.service, view.instance, `not healthy within ${limit} ms: ${seen}`);
};

const ready = (side: Side, view: InstanceView, force: boolean): boolean => {
  if (!isReady(view, side.pinned.spec)) return false;
  const standby =
    side.pinned.spec.role !== 'singleton' ||
    (view.lifecycle?.known === true && view.lifecycle.value.phase === 'standby');
  const open = view.health.violations.filter((one) => !(force && FORCIBLE.has(one.layer)));
  return standby && open.length === 0;
};

export interface GateView {
  readonly failed: readonly Violation[];
  readonly passed: boolean;
  readonly waitingFor: string;
}

const launchFailures = (goal: Goal, world: World): Violation[] =>
  goal.moves.flatMap((move) => {
    const failure = world.facts.failures.get(`forward/${launchStep(move.service)}`);
    return failure === undefined ? [] : [violation('process', move.service, '', failure.message)];
  });

/** The gate of the idle slot: nothing moves before every new instance is up, healthy and the expected release. */
export const judgeGate = (goal: Goal, world: World): GateView => {
  const failed: Violation[] = launchFailures(goal, world);
  const waiting: string[] = [];
  for (const move of goal.moves) {
    const side = move.to;
    if (side === null || isCold(side)) continue;
    const dead = at(world, move.service, side).filter(
      (view) => view.state === 'dead' && isOfThisGoal(world, view.instance),
    );
    for (const view of dead) failed.push(violation('process', move.service, view.instance, exitEvidence(view)));
    const living = livingAt(world, move.service, side);
    for (const view of living) {
      const problem = judgeInstance(goal, world, move, side, view);
      if (problem !== undefined) failed.push(problem);
    }
    const good = living.filter((view) => ready(side, view, goal.force));
    if (good.length < (side.pinned.spec.role === 'singleton' ? 1 : side.pinned.spec.replicas))
      waiting.push(move.service);
  }
  // A layer that stays out of bounds may not keep the gate open for ever.
  const began = world.facts.gateBeganAt.forward;
  const limit = goal.moves.reduce(
    (sum, move) => sum + (move.to === null ? 0 : gateMs(move.to.pinned.spec, goal.strategy.gateTimeoutMs)),
    goal.strategy.gateTimeoutMs,
  );
  if (waiting.length > 0 && began !== undefined && elapsedMs(began, world.now) > limit) {
    failed.push(violation('timeout', waiting.join(', '), '', `the gate was not passed within ${limit} ms`));
  }
  return { failed, passed: waiting.length === 0 && failed.length === 0, waitingFor: waiting.join(', ') };
};
