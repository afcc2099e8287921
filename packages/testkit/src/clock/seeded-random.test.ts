import { expect, it } from 'vitest';
import { countingIds } from './counting-ids.ts';
import { seededRandom } from './seeded-random.ts';

it('gives the numbers of mulberry32 for a seed', () => {
  const random = seededRandom(1);
  expect([random.next(), random.next(), random.next()]).toEqual([
    0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
  ]);
  expect(seededRandom(2).next()).not.toBe(seededRandom(1).next());
});

it('stays below its limit and reaches every number under it', () => {
  const random = seededRandom(7);
  const seen = new Set(Array.from({ length: 200 }, () => random.below(5)));
  expect(seen).toEqual(new Set([0, 1, 2, 3, 4]));
});

it('picks every one of a list', () => {
  const random = seededRandom(7);
  const seen = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
  expect(seen).toEqual(new Set(['a', 'b', 'c']));
});

it.each([0, -1, 1.5])('refuses a limit of %d', (limit) => {
  expect(() => seededRandom(1).below(limit)).toThrow(/limit/);
});

it('refuses to pick from nothing', () => {
  expect(() => seededRandom(1).pick([])).toThrow(/limit/);
});

it('counts ids up, 32 hex digits each', () => {
  const ids = countingIds();
  expect([ids.next(), ids.next()]).toEqual([`${'0'.repeat(31)}1`, `${'0'.repeat(31)}2`]);
  expect(countingIds(255).next()).toBe(`${'0'.repeat(30)}ff`);
});
