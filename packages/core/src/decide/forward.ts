import type { Goal, Side } from '../goal/goal.ts';
import type { Violation } from '../health/view.ts';
import type { Verdict } from '../journal/events.ts';
import { elapsedMs } from '../moment.ts';
import { type Decision, decision } from './action.ts';
import { bakeViolations } from './bake.ts';
import { judgeGate } from './gate.ts';
import { handover } from './handover.ts';
import { launchMissing, launchReturnStandby } from './launch.ts';
import { leftOpen } from './left-open.ts';
import { singletonMoves } from './lookup.ts';
import { wait } from './question.ts';
import { retire } from './retire.ts';
import { inForce, placementOn, routesFor } from './traffic.ts';
import type { World } from './world.ts';

/** Health changes wake the driver; this only bounds how long it may sleep through a missed one. */
const WATCH_MS = 100;

/** A gateway that refuses as often will not take them: an address that another program has. */
const MAX_ROUTE_FAILURES = 5;

const verdict = (
  check: Verdict['check'],
  passed: boolean,
  violations: readonly Violation[],
  reason: string,
): Decision => decision({ kind: 'verdict', verdict: { check, passed, violations } }, reason);

const firstOf = (violations: readonly Violation[]): string => {
  const [first] = violations;
  return first === undefined ? 'no violation' : `${first.service}: ${first.layer}: ${first.evidence}`;
};

/** Every new instance has its addresses of its peers while it starts; what clients reach stays where it is. */
const introduce = (goal: Goal, world: World): Decision | undefined => {
  const config = routesFor(goal, world, placementOn(goal, 'from'), 'from');
  if (inForce(world, config)) return undefined;
  return decision(
    { kind: 'route', config, release: [], direction: 'forward', final: false },
    'new instances find their peers',
  );
};

const bringUp = (goal: Goal, world: World): Decision | undefined => {
  if (world.facts.gateBeganAt.forward === undefined) {
    return decision({ kind: 'begin-gate', direction: 'forward' }, 'the deadline of the gate counts from here');
  }
  if (world.facts.passed.has('gate')) return undefined;
  const gate = judgeGate(goal, world);
  if (gate.failed.length > 0) return verdict('gate', false, gate.failed, firstOf(gate.failed));
  const launch = launchMissing(goal, world, 'to');
  if (launch !== undefined) return launch;
  // Before the verdict: whoever is granted the baton acts at once, and needs its peers from its first tick.
  const introduction = introduce(goal, world);
  if (introduction !== undefined) return introduction;
  if (!gate.passed) return wait(`the gate waits for ${gate.waitingFor}`, WATCH_MS);
  return verdict('gate', true, [], 'every new instance is healthy and reports the expected release');
};

const smoke = (goal: Goal, world: World): Decision | undefined => {
  if (world.facts.passed.has('smoke') || !goal.moves.some((move) => (move.to?.pinned.spec.smoke.length ?? 0) > 0))
    return undefined;
  return decision({ kind: 'smoke' }, 'the idle slot is tried before it takes traffic');
};

const switchTraffic = (goal: Goal, world: World): Decision | undefined => {
  const config = routesFor(goal, world, placementOn(goal, 'to'));
  const release = singletonMoves(goal).map((move) => move.service);
  const switched = world.facts.switchedAt.forward !== undefined;
  if (switched && inForce(world, config)) return undefined;
  const failure = world.facts.failures.get('forward/route');
  if (!switched && failure !== undefined && failure.count >= MAX_ROUTE_FAILURES) {
    const evidence = `the routes could not be moved: ${failure.message}`;
    const service = goal.moves[0]?.service ?? '';
    return verdict('handover', false, [{ layer: 'handover', service, instance: '', evidence }], evidence);
  }
  return decision(
    { kind: 'route', config, release, direction: 'forward', final: !switched },
    switched ? 'the routes follow the instances' : 'the new release takes the traffic',
  );
};

const bake = (goal: Goal, world: World): Decision | undefined => {
  const { facts } = world;
  if (facts.passed.has('bake')) return undefined;
  const violations = bakeViolations(goal, world);
  if (violations.length > 0) return verdict('bake', false, violations, firstOf(violations));
  if (facts.promoted) return verdict('bake', true, [], 'promoted by a person before the bake had ended');
  const { bakeMs, rollbackTimeoutMs } = goal.strategy;
  if (world.bakeHealthyMs >= bakeMs) return verdict('bake', true, [], `observed healthy for ${bakeMs} ms`);
  const replacement = launchMissing(goal, world, 'to') ?? launchReturnStandby(goal, world);
  if (replacement !== undefined) return replacement;
  const since = facts.switchedAt.forward;
  if (since !== undefined && elapsedMs(since, world.now) > bakeMs * 3 + rollbackTimeoutMs) {
    const evidence = `observed healthy for only ${Math.round(world.bakeHealthyMs)} ms of ${bakeMs} ms`;
    return verdict(
      'bake',
      false,
      [{ layer: 'timeout', service: goal.moves[0]?.service ?? '', instance: '', evidence }],
      evidence,
    );
  }
  return wait(
    `baking: healthy for ${Math.round(world.bakeHealthyMs)} of ${bakeMs} ms`,
    Math.max(1, Math.min(WATCH_MS, bakeMs - world.bakeHealthyMs)),
  );
};

const committed = (goal: Goal, world: World): Decision => {
  const orphans = leftOpen(goal, world);
  const said = orphans.length === 0 ? '' : `; but not settled: ${orphans.join('; ')}`;
  return decision(
    { kind: 'close', outcome: 'committed', summary: `release ${goal.release} is live${said}` },
    'the bake has passed and the old release is retired',
  );
};

/** To what was asked: launch, gate, smoke, handover, switch, bake, retire. Each part is done when it has nothing to say. */
export const forward = (goal: Goal, world: World): Decision => {
  const before = world.facts.switchedAt.forward === undefined;
  const toSide = (move: { readonly to: Side | null }): Side | null => move.to;
  if (before) {
    const up = bringUp(goal, world) ?? smoke(goal, world);
    if (up !== undefined) return up;
  }
  const passedBake = world.facts.passed.has('bake');
  return (
    // After the switch a lost holder is the bake's to judge, not a second handover.
    (before ? handover(goal, world, toSide) : undefined) ??
    switchTraffic(goal, world) ??
    bake(goal, world) ??
    (passedBake ? retire(goal, world, 'from', world.facts.switchedAt.forward) : undefined) ??
    committed(goal, world)
  );
};
