import { describe, expect, it } from 'vitest';
import { median, percentile, showSpread, spread } from './statistics.ts';

describe('the statistics of the bench', () => {
  it('take the middle value, or the mean of the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('take percentiles by nearest rank, and the largest for 100', () => {
    const values = Array.from({ length: 300 }, (_, index) => 300 - index);
    expect(percentile(values, 50)).toBe(150);
    expect(percentile(values, 99)).toBe(297);
    expect(percentile(values, 100)).toBe(300);
    expect(percentile([7], 1)).toBe(7);
    expect(percentile([], 50)).toBeNaN();
  });

  it('show a spread', () => expect(showSpread(spread([0.95, 0.9, 1]), 2)).toBe('0.95 (0.90-1.00)'));
});
