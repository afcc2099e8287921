import { describe, expect, test } from 'vitest';
import type { GoalEvent } from './events.ts';
import { directionOf, foldFacts } from './facts.ts';

const at = (ms: number) => ({ boot: 'b', monotonicMs: ms, wallMs: ms });
const verdict = (check: 'gate' | 'bake' | 'handover' | 'return', passed: boolean, ms = 1): GoalEvent => ({
  type: 'verdict',
  at: at(ms),
  verdict: { check, passed, violations: [] },
});
const failure = (step: string, message = 'no'): GoalEvent => ({
  type: 'step.failed',
  step,
  direction: 'forward',
  code: 'x',
  message,
});
const launched = (instance: string): GoalEvent => ({
  type: 'instance.launched',
  at: at(1),
  service: 'bot',
  slot: 'green',
  release: 2,
  instance,
  handle: '',
});
const question = { id: 'q', text: 'what now?', answers: [] };
const asked: GoalEvent = { type: 'operator.asked', direction: 'back', question };
const answered = (answer: string): GoalEvent => ({
  type: 'operator.answered',
  at: at(9),
  question: 'q',
  answer,
  by: 'p',
});
const aborted: GoalEvent = { type: 'operator.aborted', at: at(5), by: 'p', reason: 'r' };

describe('the facts of a goal', () => {
  test('begin with it: nothing of an earlier one is left', () => {
    const opened = { type: 'goal.opened', at: at(3), goal: {} } as unknown as GoalEvent;
    expect(foldFacts([verdict('gate', false), opened])).toMatchObject({ failed: undefined, openedAt: at(3) });
  });
  test('turn it back at the first failed verdict, and never again', () => {
    const facts = foldFacts([verdict('gate', false, 1), verdict('bake', false, 2), verdict('bake', true, 3)]);
    expect(directionOf(facts)).toBe('back');
    expect(facts).toMatchObject({ failed: { check: 'gate' }, failedAt: at(1) });
  });
  test('do not turn on a verdict about the way back', () => {
    expect(directionOf(foldFacts([verdict('return', false)]))).toBe('forward');
  });
  test('count how often a step failed, and keep how it failed last', () => {
    const facts = foldFacts([failure('route', 'one'), failure('route', 'two'), failure('hold')]);
    expect(facts.failures.get('forward/route')).toMatchObject({ count: 2, message: 'two' });
  });
  test('remember whom this goal granted and launched', () => {
    const granted = { type: 'baton.granted', to: 'a' } as unknown as GoalEvent;
    const facts = foldFacts([granted, launched('a')]);
    expect([facts.granted.has('a'), facts.launched.has('a')]).toEqual([true, true]);
  });
  test('turn back on an abort, and not once the bake has passed', () => {
    expect(foldFacts([aborted]).failed?.check).toBe('abort');
    expect(directionOf(foldFacts([verdict('bake', true), aborted]))).toBe('forward');
  });
  test('drop the question that a stop overtakes', () => {
    expect(foldFacts([asked, { type: 'operator.stopped', by: 'p' }])).toMatchObject({
      question: undefined,
      stopping: true,
    });
  });
});

describe('an answer', () => {
  test('ends its question and stands', () => {
    const facts = foldFacts([asked, answered('stay-down')]);
    expect(facts.question).toBeUndefined();
    expect(facts.answers.get('q')).toEqual({ answer: 'stay-down', by: 'p' });
  });
  test('to another question leaves the open one', () => {
    const other: GoalEvent = { type: 'operator.answered', question: 'other', answer: 'x', by: 'p' };
    expect(foldFacts([asked, other]).question?.id).toBe('q');
  });
  test('of "retry" stands for nothing, and gives every step and deadline its tries back', () => {
    const facts = foldFacts([launched('a'), failure('route'), asked, answered('retry'), launched('b')]);
    expect(facts.answers.size).toBe(0);
    expect(facts.failures.size).toBe(0);
    expect(facts.retriedAt).toEqual(at(9));
    expect([...facts.forgiven]).toEqual(['a']);
  });
});
