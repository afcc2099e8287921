import type { Goal } from '../goal/goal.ts';
import { directionOf } from '../journal/facts.ts';
import { type Action, type Decision, decision } from './action.ts';
import { back } from './back.ts';
import { forward } from './forward.ts';
import { stepKey } from './handover.ts';
import { livingUnderLatch, singletonMoves } from './lookup.ts';
import { ask, RETRY, STAY_DOWN, wait } from './question.ts';
import { stepOf } from './step.ts';
import { stop, takenDown } from './stop.ts';
import type { World } from './world.ts';

/** How long until what did not answer is asked again. */
const UNKNOWN_MS = 250;
/** How often an instance that the latch forbids is killed before the goal ends with it unproven. */
const KILL_TRIES = 3;

const ended = (goal: Goal, world: World): Decision | undefined => {
  const latched = singletonMoves(goal).find((move) => world.batons[move.service]?.record.latch != null);
  if (latched !== undefined && goal.kind !== 'stop') {
    // What was being started while the latch was set is not among those that were killed then.
    const leftOver = livingUnderLatch(world).find(
      (view) =>
        (world.facts.failures.get(`${directionOf(world.facts)}/${stepKey(view.service, 'prove')}`)?.count ?? 0) <
        KILL_TRIES,
    );
    if (leftOver !== undefined) {
      const { service, instance } = leftOver;
      return decision(
        { kind: 'prove', service, instance, tell: false },
        `nothing of ${service} may run while its latch is set`,
      );
    }
    const summary = `the latch of ${latched.service} is set: nothing acts until "baton arm"`;
    return decision({ kind: 'close', outcome: 'needs-operator', summary }, 'an emergency stop ends every goal');
  }
  const down = [...world.facts.answers].find(([, given]) => given.answer === 'stay-down');
  if (down === undefined) return undefined;
  const acts = Object.values(world.batons).some(({ record }) => record.holder !== null);
  const summary = `left ${acts ? 'as it stands' : 'with nobody trading'}, as ${down[1].by} answered`;
  return decision({ kind: 'close', outcome: 'needs-operator', summary }, 'a person decided');
};

/** Steps that have no other bound: no verdict comes of them, and no other question. */
const UNBOUNDED: ReadonlySet<Action['kind']> = new Set<Action['kind']>(['route', 'retire', 'smoke', 'record-proof']);
/** With the driver's pauses between, about half a minute of trying. */
const STUCK_AFTER = 10;

const stuck = (world: World, { action, reason }: Decision): Decision | undefined => {
  const failure = world.facts.failures.get(`${directionOf(world.facts)}/${stepOf(action)}`);
  if (!UNBOUNDED.has(action.kind) || failure === undefined || failure.count < STUCK_AFTER) return undefined;
  const text = `${action.kind} failed ${failure.count} times: ${failure.message}`;
  const end = { answer: STAY_DOWN.answer, meaning: 'end this deployment here and leave everything as it stands' };
  return ask(world, { id: `stuck/${stepOf(action)}`, text, answers: [RETRY, end] }, reason);
};

/**
 * The heart: one step towards `goal` from `world`, with its reason. Pure, total and small enough to be tried
 * over whole state spaces. It keeps no memory: called again after a crash, by another process, it goes on.
 */
export const decide = (goal: Goal, world: World): Decision => {
  const chosen = choose(goal, world);
  return stuck(world, chosen) ?? chosen;
};

const choose = (goal: Goal, world: World): Decision => {
  const end = ended(goal, world);
  if (end !== undefined) return end;
  if (!world.instances.known) return wait(`the target does not answer: ${world.instances.reason}`, UNKNOWN_MS);
  if (!world.traffic.known) return wait(`the gateway does not answer: ${world.traffic.reason}`, UNKNOWN_MS);
  if (goal.kind === 'stop' || world.facts.stopping) return stop(world.facts.stopping ? takenDown(goal) : goal, world);
  if (world.facts.question !== undefined)
    return wait(`waiting for an answer: ${world.facts.question.text}`, UNKNOWN_MS * 4);
  return directionOf(world.facts) === 'forward' ? forward(goal, world) : back(goal, world);
};
