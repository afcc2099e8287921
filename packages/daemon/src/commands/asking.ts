import { BatonError, type Facts, foldFacts, type GoalEvent, type Json, momentOf } from '@baton/core';
import type { Environment } from '../environment/environment.ts';
import { readGoalEvents } from '../environment/standing.ts';

const nothingOpen = (environment: Environment): BatonError =>
  new BatonError('nothing-open', `Nothing is being deployed in ${environment.key}.`, {
    fault: 'user',
    hint: 'Look at "baton status".',
  });

/** The open goal's generation and facts. @throws BatonError `nothing-open` */
export const openFacts = async (
  environment: Environment,
): Promise<{ readonly generation: number; readonly facts: Facts }> => {
  const { environment: record } = await environment.standing();
  if (record.open === null) throw nothingOpen(environment);
  const { generation, seq } = record.open;
  const { events } = await readGoalEvents(environment.ports.store, environment.key, generation, seq);
  return { generation, facts: foldFacts(events) };
};

/** What a person says to an open goal goes into its journal; the driver reads it there, as a resume would. */
const say = async (environment: Environment, generation: number, event: GoalEvent): Promise<void> => {
  const { type, ...payload } = event;
  const at = environment.ports.clock.wallMs();
  const entry = { stream: environment.key, type, at, payload: { ...payload, generation } as unknown as Json };
  const { lock, epoch } = environment.lock.mandate;
  const result = await environment.ports.store.transact({ append: [entry], fence: { lock, fencingToken: epoch } });
  if (!result.ok)
    throw new BatonError('driver-replaced', 'Another daemon drives this environment now.', { hint: 'Ask that one.' });
  environment.followers.publish({ kind: 'journal', at, type, payload });
  environment.wake();
};

/** Ends the bake: what is live is good. */
export const promote = async (environment: Environment, by: string): Promise<number> => {
  const { generation, facts } = await openFacts(environment);
  if (facts.switchedAt.forward === undefined || facts.failed !== undefined) {
    throw new BatonError('not-baking', 'There is nothing to promote: the new release is not live.', {
      fault: 'user',
      hint: 'Promote ends a bake early; watch for it with "baton monitor".',
    });
  }
  await say(environment, generation, { type: 'operator.promoted', by });
  return generation;
};

/** Sends the open goal back. */
export const abort = async (environment: Environment, by: string, reason: string): Promise<number> => {
  const { generation, facts } = await openFacts(environment);
  if (facts.passed.has('bake')) {
    throw new BatonError('too-late', 'The bake has passed and the old release is being retired.', {
      fault: 'user',
      hint: 'Go back with "baton rollback" when it is done.',
    });
  }
  await say(environment, generation, { type: 'operator.aborted', at: momentOf(environment.ports.clock), by, reason });
  return generation;
};

/** Overtakes the open goal: what it moves goes down, and nothing of it is granted any more. */
export const overtakeByStop = async (environment: Environment, generation: number, by: string): Promise<void> =>
  await say(environment, generation, { type: 'operator.stopped', by });

/** Answers the question that stands. The answer is bound to that very question. */
export const resolve = async (
  environment: Environment,
  answer: string,
  question: string | undefined,
  by: string,
): Promise<number> => {
  const { generation, facts } = await openFacts(environment);
  const open = facts.question;
  if (open === undefined) {
    throw new BatonError('nothing-asked', `${environment.key} asks nothing.`, {
      fault: 'user',
      hint: 'Look at "baton status".',
    });
  }
  if (question !== undefined && question !== open.id) {
    throw new BatonError('question-changed', `The question is another one now: ${open.text}`, {
      fault: 'user',
      hint: 'Read it with "baton resolve" and answer again.',
    });
  }
  if (!open.answers.some((one) => one.answer === answer)) {
    const permitted = open.answers.map((one) => `${one.answer} (${one.meaning})`).join(', ');
    throw new BatonError('answer-not-permitted', `"${answer}" is no answer to: ${open.text}`, {
      fault: 'user',
      hint: `Permitted are: ${permitted}.`,
    });
  }
  await say(environment, generation, {
    type: 'operator.answered',
    at: momentOf(environment.ports.clock),
    question: open.id,
    answer,
    by,
  });
  return generation;
};
