import type { Goal } from '@baton/core';
import { describe, expect, test } from 'vitest';
import { checkStateSpace } from './check-state-space.ts';
import { configurations } from './configurations.ts';
import { explore } from './explore.ts';
import { judgeGraph } from './judge-graph.ts';

/** States judged in every run; all of them by command: node packages/testkit/src/state-space/main.ts */
const STATES = 250_000;

describe('decide, over whole state spaces', () => {
  test('breaks no rule, is never stuck and never goes round', { timeout: 180_000 }, async () => {
    const report = await checkStateSpace({ seed: 1, cases: STATES });
    expect(report.violations).toEqual([]);
    expect(report.cases).toBeGreaterThanOrEqual(STATES);
    expect(report.figures['whole graphs']).toBeGreaterThan(configurations().length);
  });

  test('ends in every way that a goal can end', () => {
    const ends = new Set<string>();
    for (const configuration of configurations())
      for (const end of Object.keys(explore(configuration, { faults: 1, maxStates: 10_000 }).ends)) ends.add(end);
    expect([...ends].toSorted()).toEqual(['committed', 'failed', 'needs-operator', 'rolled-back', 'stopped']);
  });
});

describe('the whole-space check itself', () => {
  const first = configurations().find(({ name }) => name === 'web/deploy') as ReturnType<typeof configurations>[number];

  test('finds the same states in the same order, every time', () => {
    const options = { faults: 1, maxStates: 10_000 };
    expect(explore(first, options)).toEqual(explore(first, options));
  });

  test('says where it was cut off', () => {
    expect(explore(first, { faults: 2, maxStates: 100 }).complete).toBe(false);
  });

  test('finds a goal that cannot end, with the way there', () => {
    // Nothing can be launched of a service that waits for one which waits for it.
    const [move] = first.goal.moves;
    const circular = { ...first.goal.strategy, gateTimeoutMs: Number.POSITIVE_INFINITY };
    const spec = { ...move?.to?.pinned.spec, dependsOn: ['web'] };
    const to = { ...move?.to, pinned: { ...move?.to?.pinned, spec } };
    const goal = { ...first.goal, strategy: circular, moves: [{ ...move, to }] } as Goal;
    const { faults } = explore({ ...first, goal }, { faults: 0, maxStates: 1_000 });
    expect(faults[0]).toMatchObject({ invariant: 'every way is finite', detail: 'this state comes back' });
    expect(faults[0]?.trace.at(-1)).toBe('wait');
  });
});

describe('a graph', () => {
  test('without a way back in which each last state is an end is well', () => {
    expect(judgeGraph([[1, 2], [3], [3], []], [false, false, false, true])).toEqual({
      stuck: [],
      looping: [],
      longest: 2,
    });
  });

  test('is stuck where a last state is no end, and loops where a way leads back', () => {
    const judged = judgeGraph([[1], [2, 3], [1], []], [false, false, false, false]);
    expect(judged).toMatchObject({ stuck: [3], looping: [1] });
  });

  test('says nothing of a state that was never followed', () => {
    expect(judgeGraph([[1], undefined], [false, false])).toMatchObject({ stuck: [], looping: [] });
  });
});
