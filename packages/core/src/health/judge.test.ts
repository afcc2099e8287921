import { describe, expect, test } from 'vitest';
import type { HealthSpec } from '../app/index.ts';
import { instanceId } from '../names.ts';
import { emptyWindow, isBad, judgeCpu, judgeIdentity, judgeMemory, observe, recentErrors } from './judge.ts';

const spec = (more: Partial<HealthSpec>): HealthSpec => ({
  successes: 1,
  retries: 1,
  intervalMs: 100,
  timeoutMs: 100,
  startPeriodMs: 0,
  reach: [],
  maxRestarts: 0,
  ...more,
});
const sample = (at: number, cpuMs: number, memoryBytes = 0) => ({ instance: instanceId('a'), at, cpuMs, memoryBytes });
const line = (text: string) => ({ instance: instanceId('a'), at: 0, stream: 'stderr' as const, text });
const MIB = 2 ** 20;

test('one flap is no verdict, two bad answers of three are', () => {
  const after = (...answers: boolean[]): boolean => isBad(answers.reduce(observe, emptyWindow));
  expect([after(true, false, true), after(false, true, false), after(false, false, true, true)]).toEqual([
    false,
    true,
    false,
  ]);
});

describe('memory', () => {
  test('is judged against a share of the limit, or against bytes', () => {
    expect(judgeMemory(spec({ memory: { share: 0.5 } }), 100 * MIB, sample(0, 0, 60 * MIB))).toContain('60 MiB');
    expect(judgeMemory(spec({ memory: { bytes: 70 * MIB } }), undefined, sample(0, 0, 60 * MIB))).toBeUndefined();
  });
  test('is not judged by a share where there is no limit', () => {
    expect(judgeMemory(spec({ memory: { share: 0.5 } }), undefined, sample(0, 0, 60 * MIB))).toBeUndefined();
  });
});

describe('CPU', () => {
  test('is what was used between two samples, as a share of the cores', () => {
    const judged = spec({ cpuShare: 0.8 });
    expect(judgeCpu(judged, 1, sample(0, 0), sample(1_000, 900))).toContain('90 %');
    expect(judgeCpu(judged, 2, sample(0, 0), sample(1_000, 900))).toBeUndefined();
  });
  test('is not judged by one sample, nor where the clock went back', () => {
    const judged = spec({ cpuShare: 0.1 });
    expect(judgeCpu(judged, 1, undefined, sample(1_000, 900))).toBeUndefined();
    expect(judgeCpu(judged, 1, sample(2_000, 0), sample(1_000, 900))).toBeUndefined();
  });
});

describe('identity', () => {
  const expected = { release: 2, digest: 'sha256:x' };
  test.each([
    ['{"release":2,"digest":"sha256:x"}', 'match'],
    ['{"release":2}', 'match'],
    ['{"release":1,"digest":"sha256:x"}', 'mismatch'],
    ['{"release":2,"digest":"sha256:y"}', 'mismatch'],
    ['{}', 'unreported'],
    ['null', 'unreported'],
    ['<html>', 'unreported'],
  ] as const)('of %s is %s', (body, identity) => {
    expect(judgeIdentity(body, expected).identity).toBe(identity);
  });
});

test('errors of the log are counted over the last minute', () => {
  const before = recentErrors([], [line('ERROR one'), line('all well'), line('{"level": 50}')], 1_000);
  expect(before).toEqual([1_000, 1_000]);
  expect(recentErrors(before, [line('Traceback (most recent call last)')], 61_500)).toEqual([61_500]);
});
