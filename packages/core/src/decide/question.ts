import type { Question } from '../journal/events.ts';
import { type Decision, decision } from './action.ts';
import type { World } from './world.ts';

/** How long at most between two looks at the world while a person thinks. */
const OPERATOR_WAIT_MS = 5_000;

export const wait = (reason: string, maxMs: number): Decision => decision({ kind: 'wait', maxMs }, reason);

/** Asks once, then waits: nothing is guessed while the question stands. */
export const ask = (world: World, question: Question, reason: string): Decision =>
  world.facts.question?.id === question.id
    ? wait(`waiting for an answer: ${question.text}`, OPERATOR_WAIT_MS)
    : decision({ kind: 'ask', question }, reason);

export const RETRY = { answer: 'retry', meaning: 'try again, once the cause is mended' };
export const STAY_DOWN = {
  answer: 'stay-down',
  meaning: 'leave nobody trading and end this deployment; a later deploy starts anew',
};
