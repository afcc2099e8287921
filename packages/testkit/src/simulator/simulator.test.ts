import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { Coverage } from './coverage.ts';
import { FAULT_KINDS } from './faults.ts';
import { PHASES } from './phases.ts';
import { REGRESSIONS } from './regressions.ts';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';
import { live } from './simulation.ts';
import { whyUnreachable } from './unreachable.ts';

/** Other lives: BATON_SEED=$RANDOM npx vitest run --project unit packages/testkit/src/simulator */
const { BATON_SEED: seed = '7' } = env;

describe('the simulator', () => {
  test.each([7_000_001, 7_000_002, 7_000_017])('lives seed %i twice in the same way, step by step', async (life) => {
    const first = await live(scenarioOf(life), new Coverage(), { trace: true });
    const second = await live(scenarioOf(life), new Coverage(), { trace: true });
    expect(second.trace).toEqual(first.trace);
    expect(second.hash).toBe(first.hash);
    expect(first.steps).toBeGreaterThan(10);
  });

  test('gives other seeds other lives', async () => {
    const hashes = new Set<string>();
    for (let life = 0; life < 5; life += 1) hashes.add((await live(scenarioOf(life), new Coverage())).hash);
    expect(hashes.size).toBe(5);
  });

  test.each(REGRESSIONS)('lives through seed $seed: $fault', async (regression) => {
    const life = await live(scenarioOf(regression.seed), new Coverage());
    expect(life.broken).toBeUndefined();
  });

  test('breaks no invariant in lives with every kind of fault, and in calm ones', { timeout: 120_000 }, async () => {
    const report = await simulate({ seed: Number(seed), cases: 40 });
    expect(report.violations).toEqual([]);
    expect(report.figures.outcomes).toMatch(/committed \d.*rolled-back \d/);
  });

  test('leaves no pair of fault and phase out without a reason', () => {
    const reachable = FAULT_KINDS.flatMap((fault) =>
      PHASES.filter((phase) => whyUnreachable(fault, phase) === undefined),
    );
    expect(reachable.length).toBeGreaterThan(350);
    for (const fault of FAULT_KINDS)
      expect(PHASES.some((phase) => whyUnreachable(fault, phase) === undefined)).toBe(true);
  });
});
