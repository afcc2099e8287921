import type { Goal, Move, Side } from '../goal/goal.ts';
import { elapsedMs } from '../moment.ts';
import { type Decision, decision } from './action.ts';
import { handover, isHushed } from './handover.ts';
import { launchMissing, MAX_RETURN_LAUNCHES } from './launch.ts';
import { leftOpen } from './left-open.ts';
import { isCold, isReady, livingAt, singletonMoves, specOf, startedHere } from './lookup.ts';
import { ask, STAY_DOWN, wait } from './question.ts';
import { retire } from './retire.ts';
import { inForce, type Placement, placementOn, routesFor } from './traffic.ts';
import type { World } from './world.ts';

const WATCH_MS = 100;

const upAndReady = (world: World, move: Move): boolean => {
  const side = move.from;
  if (side === null) return true;
  return livingAt(world, move.service, side).some((view) => isReady(view, side.pinned.spec));
};

/** Traffic that nobody has to hand over goes back at once; a singleton's waits for its baton. */
const rerouteFirst = (goal: Goal, world: World): Decision | undefined => {
  const { switchedAt } = world.facts;
  if (switchedAt.back !== undefined) return undefined;
  // Where clients were never switched, whoever is started again still needs its peers.
  const placement = new Map(placementOn(goal, switchedAt.forward === undefined ? 'from' : 'to'));
  for (const move of switchedAt.forward === undefined ? [] : goal.moves) {
    if (specOf(move)?.role === 'singleton' || !upAndReady(world, move)) continue;
    if (move.from === null) placement.delete(move.service);
    else placement.set(move.service, move.from);
  }
  const config = routesFor(goal, world, placement, 'from');
  if (inForce(world, config)) return undefined;
  return decision(
    { kind: 'route', config, release: [], direction: 'back', final: false },
    switchedAt.forward === undefined ? 'the routes follow the instances' : 'the old release takes its traffic back',
  );
};

const disturbed = (goal: Goal, world: World): boolean =>
  world.facts.switchedAt.forward !== undefined ||
  singletonMoves(goal).some((move) => {
    const record = world.batons[move.service]?.record;
    const held = record?.holder;
    if (held === undefined || held === null) return record?.unproven != null || move.from !== null;
    if (move.from === null || isHushed(goal, world, move.service, held.instance)) return true;
    const holder = livingAt(world, move.service, move.from).find((view) => view.instance === held.instance);
    const acting =
      holder?.lifecycle === undefined || (holder.lifecycle.known && holder.lifecycle.value.phase === 'active');
    return holder === undefined || !acting;
  });

const exhaustedSide = (world: World, move: Move): boolean =>
  move.from !== null &&
  !isCold(move.from) &&
  startedHere(world, move.service, move.from).filter((view) => view.state === 'dead').length >= MAX_RETURN_LAUNCHES;

/** A driver that has just begun has heard nothing of it yet, neither good nor bad: no reason to ask a person. */
const isBeingLookedAt = (world: World, move: Move): boolean =>
  move.from !== null &&
  livingAt(world, move.service, move.from).some(
    ({ state, health }) => state === 'running' && health.lastFailure === undefined && health.identity !== 'mismatch',
  );

const bringBackUp = (goal: Goal, world: World): Decision | undefined => {
  const lost = goal.moves.find((move) => exhaustedSide(world, move) && !upAndReady(world, move));
  const since = world.facts.retriedAt ?? world.facts.failedAt;
  const late = since !== undefined && elapsedMs(since, world.now) > goal.strategy.rollbackTimeoutMs;
  const holding = (move: Move): boolean => {
    const held = world.batons[move.service]?.record.holder;
    return move.from !== null && held?.slot === move.from.slot && held.release === move.from.release;
  };
  const waiting = goal.moves.filter(
    (move) => move.from !== null && !isCold(move.from) && !upAndReady(world, move) && !holding(move),
  );
  if (waiting.length === 0) return undefined;
  const unheard = waiting.every((move) => isBeingLookedAt(world, move));
  if (lost !== undefined || (late && !unheard)) {
    const names = waiting.map((move) => move.service).join(', ');
    const text = `Going back failed: ${names} of the old release does not become healthy. The routes stay where something answers.`;
    return ask(
      world,
      { id: `return/${goal.generation}`, text, answers: [{ answer: 'retry', meaning: 'go on trying' }, STAY_DOWN] },
      'there is no rollback of a rollback',
    );
  }
  return (
    launchMissing(goal, world, 'from') ??
    wait(`the old release comes up again: ${waiting.map((move) => move.service).join(', ')}`, WATCH_MS)
  );
};

const restoreRoutes = (goal: Goal, world: World): Decision | undefined => {
  const placement: Placement = placementOn(goal, 'from');
  const config = routesFor(goal, world, placement, 'from');
  const release = singletonMoves(goal).map((move) => move.service);
  const waiting = world.traffic.known ? world.traffic.value.held : {};
  const held = release.some((service) => world.batons[service]?.evidence.held === true || service in waiting);
  const done = world.facts.switchedAt.back !== undefined;
  if (inForce(world, config) && !held && (done || world.facts.switchedAt.forward === undefined)) return undefined;
  return decision({ kind: 'route', config, release, direction: 'back', final: !done }, 'every route is where it was');
};

/** Back to what was before: the same steps with the old release as their goal. */
export const back = (goal: Goal, world: World): Decision => {
  const fromSide = (move: { readonly from: Side | null }): Side | null => move.from;
  const since = world.facts.switchedAt.back ?? world.facts.failedAt;
  const hadOld = goal.moves.some((move) => move.from !== null);
  return (
    rerouteFirst(goal, world) ??
    (disturbed(goal, world) || !hadOld ? (bringBackUp(goal, world) ?? handover(goal, world, fromSide)) : undefined) ??
    restoreRoutes(goal, world) ??
    retire(goal, world, 'to', since) ??
    wentBack(goal, world)
  );
};

const wentBack = (goal: Goal, world: World): Decision => {
  const first = world.facts.failed?.violations[0];
  const cause = first === undefined ? world.facts.failed?.check : `${first.service}: ${first.layer}: ${first.evidence}`;
  const hadOld = goal.moves.some((move) => move.from !== null);
  const what = hadOld
    ? `release ${goal.release} was rolled back: ${cause}`
    : `release ${goal.release} failed and nothing was live before: ${cause}`;
  const orphans = leftOpen(goal, world);
  if (orphans.length > 0) {
    const summary = `${what}; but not settled: ${orphans.join('; ')}`;
    return decision({ kind: 'close', outcome: 'needs-operator', summary }, "what is left open is nobody's now");
  }
  const outcome = hadOld ? 'rolled-back' : 'failed';
  return decision({ kind: 'close', outcome, summary: what }, 'the old release is live as it was');
};
