import { describe, expect, it } from 'vitest';
import { judge } from './verdict.ts';

const BOUND = { measure: 'gapMs', atMost: 25, unit: 'ms', says: 'gap, p99' };

describe('a bound', () => {
  const met = (value: number, bound = BOUND) => judge('gap', [bound], { measures: { gapMs: value } })[0]?.met;

  it('is met at its limit and missed beyond it', () => {
    expect(met(25)).toBe(true);
    expect(met(25.001)).toBe(false);
    const least = { measure: 'gapMs', atLeast: 0.9, unit: 'x', says: 'ratio' } as const;
    expect(judge('gap', [least], { measures: { gapMs: 0.9 } })[0]?.met).toBe(true);
    expect(judge('gap', [least], { measures: { gapMs: 0.899 } })[0]?.met).toBe(false);
  });

  it('is missed where its figure is no number', () => expect(met(Number.NaN)).toBe(false));

  it('is missed where nothing was measured, and says why', () => {
    const [verdict] = judge('gap', [BOUND], { measures: {}, skipped: 'caddy not installed' });
    expect(verdict).toMatchObject({ met: false, value: undefined });
    expect(verdict?.line).toBe('MISSED gap: gap, p99: not measured (caddy not installed), bound <= 25 ms');
  });

  it('names itself in one line', () => {
    const [verdict] = judge('gap', [BOUND], { measures: { gapMs: 31.25 } });
    expect(verdict?.line).toBe('MISSED gap: gap, p99: 31.250 ms, bound <= 25 ms');
  });
});
