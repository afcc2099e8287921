import { describe, expect, test } from 'vitest';
import { crashPoints } from './crash-points.ts';

const PAIRS = 500;

describe('a driver that is killed at a write of the store', () => {
  test('leaves nothing that another does not bring to the same end', { timeout: 240_000 }, async () => {
    const report = await crashPoints({ seed: 1, cases: PAIRS });
    expect(report.violations.map(({ detail }) => detail)).toEqual([]);
    expect(report.figures.converged).toBe(report.cases);
    expect(report.figures.pairs).toBe(PAIRS);
    // Every write in three ways: the story is no shorter than it was.
    expect(report.figures.singles).toBeGreaterThan(900);
    // Somebody died in nearly each of them, and was replaced.
    expect(report.figures.drivers).toBeGreaterThan(report.cases * 1.5);
  });
});
