import type { Goal } from '../goal/goal.ts';
import { directionOf } from '../journal/facts.ts';
import { type Decision, decision } from './action.ts';
import { back } from './back.ts';
import { forward } from './forward.ts';
import { stepKey } from './handover.ts';
import { livingUnderLatch, singletonMoves } from './lookup.ts';
import { wait } from './question.ts';
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
      return decision({ kind: 'prove', service, instance }, `nothing of ${service} may run while its latch is set`);
    }
    const summary = `the latch of ${latched.service} is set: nothing acts until "baton arm"`;
    return decision({ kind: 'close', outcome: 'needs-operator', summary }, 'an emergency stop ends every goal');
  }
  const down = [...world.facts.answers].find(([, given]) => given.answer === 'stay-down');
  if (down === undefined) return undefined;
  const summary = `left with nobody trading, as ${down[1].by} answered`;
  return decision({ kind: 'close', outcome: 'needs-operator', summary }, 'a person decided');
};

/**
 * The heart: one step towards `goal` from `world`, with its reason. Pure, total and small enough to be tried
 * over whole state spaces. It keeps no memory: called again after a crash, by another process, it goes on.
 */
export const decide = (goal: Goal, world: World): Decision => {
  const end = ended(goal, world);
  if (end !== undefined) return end;
  if (!world.instances.known) return wait(`the target does not answer: ${world.instances.reason}`, UNKNOWN_MS);
  if (!world.traffic.known) return wait(`the gateway does not answer: ${world.traffic.reason}`, UNKNOWN_MS);
  if (goal.kind === 'stop' || world.facts.stopping) return stop(world.facts.stopping ? takenDown(goal) : goal, world);
  if (world.facts.question !== undefined)
    return wait(`waiting for an answer: ${world.facts.question.text}`, UNKNOWN_MS * 4);
  return directionOf(world.facts) === 'forward' ? forward(goal, world) : back(goal, world);
};
