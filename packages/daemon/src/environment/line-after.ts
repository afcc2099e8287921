import type { StreamLine } from '@baton/api';
import { EXIT_CODES, type Goal, type GoalEvent } from '@baton/core';

/** What followers are told besides the event itself: a question to a person, the end of the goal. */
export const lineAfter = (event: GoalEvent, at: number, goal: Goal | undefined): StreamLine | undefined => {
  if (event.type === 'operator.asked') return { kind: 'asked', at, question: event.question };
  if (event.type !== 'goal.closed' || goal === undefined) return undefined;
  const { outcome, summary } = event;
  const { release, generation } = goal;
  return { kind: 'end', at, outcome, exitCode: EXIT_CODES[outcome], summary, release, generation };
};
