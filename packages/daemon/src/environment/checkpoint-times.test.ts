import type { Kept } from '@baton/core';
import { expect, test } from 'vitest';
import { CheckpointTimes } from './checkpoint-times.ts';

const kept = (service: string, intervalMs?: number): Kept =>
  ({
    service,
    pinned: { spec: { singleton: intervalMs === undefined ? {} : { checkpoint: { reads: [], intervalMs } } } },
  }) as unknown as Kept;

test('the state of each singleton is taken as often as its release says, and every ten seconds where it does not', () => {
  let now = 5;
  const times = new CheckpointTimes(() => now);
  const [fast, slow] = [kept('fast', 500), kept('slow')];
  expect(times.nextInMs([fast, slow])).toBe(Number.POSITIVE_INFINITY);
  expect([times.isDue(fast), times.isDue(slow)]).toEqual([true, true]);
  now += 499;
  expect(times.isDue(fast)).toBe(false);
  expect(times.nextInMs([fast, slow])).toBe(1);
  now += 1;
  expect([times.isDue(fast), times.isDue(slow)]).toEqual([true, false]);
  expect(times.nextInMs([fast, slow])).toBe(500);
  now += 9_500;
  expect(times.isDue(slow)).toBe(true);
});
