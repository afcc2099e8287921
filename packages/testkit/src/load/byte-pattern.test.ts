import { describe, expect, it } from 'vitest';
import { matchesPattern, patternBytes } from './byte-pattern.ts';

const expected = (offset: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (offset + index) % 251));

describe('the byte pattern of downloads', () => {
  it('is byte i = i % 251 at every offset and length', () => {
    for (const [offset, length] of [
      [0, 0],
      [0, 1],
      [250, 3],
      [1_000_003, 70_000],
      [251 * 7 - 1, 600_000],
    ] as const) {
      expect(matchesPattern(expected(offset, length), offset)).toBe(true);
      const given = patternBytes(offset, length);
      expect(given.equals(expected(offset, given.length))).toBe(true);
    }
  });

  it('does not match with one byte changed, wherever it is', () => {
    for (const at of [0, 1, 250, 65_535, 299_999]) {
      const bytes = expected(17, 300_000);
      bytes[at] = 255;
      expect(matchesPattern(bytes, 17)).toBe(false);
    }
  });

  it('does not match at another offset', () => expect(matchesPattern(expected(0, 10), 1)).toBe(false));
});
