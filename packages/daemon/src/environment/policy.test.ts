import {
  type App,
  type BatonRecord,
  batonRecordKey,
  emptyBaton,
  emptyEnvironment,
  type Goal,
  hasCode,
  instanceId,
  type Json,
} from '@baton/core';
import { memoryStore } from '@baton/testkit';
import { describe, expect, test } from 'vitest';
import { mustBeIdle, mustFitTagPolicy, mustHaveFreeBatons, mustPassPreflight } from './policy.ts';

const codeOf = (work: () => void): string | undefined => {
  try {
    work();
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
  return undefined;
};
const appWith = (tags: 'any' | 'digest' | 'semver'): App =>
  ({ environment: { name: 'production', tags } }) as unknown as App;

describe('the tag policy', () => {
  test.each([
    ['any', null, undefined],
    ['any', 'latest', undefined],
    ['semver', 'v1.2.3', undefined],
    ['semver', 'v1.2.3-rc.1', undefined],
    ['semver', '1.2.3', 'tag-policy'],
    ['semver', 'v1.2', 'tag-policy'],
    ['semver', null, 'tag-policy'],
    ['digest', null, undefined],
    ['digest', 'sha256:abc', undefined],
    ['digest', 'v1.2.3', 'tag-policy'],
  ] as const)('%s, given %s', (tags, tag, code) => {
    expect(codeOf(() => mustFitTagPolicy(appWith(tags), tag))).toBe(code);
  });
});

test('a second goal is refused while one is open, and the refusal names owner and step', () => {
  const idle = emptyEnvironment('app/local');
  expect(codeOf(() => mustBeIdle(idle, 'wait', 'me'))).toBeUndefined();
  const busy = { ...idle, open: { generation: 4, seq: 0 } };
  expect(() => mustBeIdle(busy, 'baking', 'me')).toThrow(/goal 4, by me\): baking/);
});

test('preflight refuses with everything that it found, and the first hint', () => {
  const fine = { ok: true, subject: 'disk', message: 'enough' };
  expect(codeOf(() => mustPassPreflight([fine]))).toBeUndefined();
  const bad = { ok: false, subject: 'port', message: 'taken', hint: 'free it' };
  expect(() => mustPassPreflight([fine, bad, { ...bad, subject: 'command' }])).toThrow('port: taken; command: taken');
});

describe('the batons that a goal needs', () => {
  const side = {
    release: 1,
    slot: 'blue',
    pinned: { spec: { name: 'bot', role: 'singleton', singleton: { account: 'main' } }, digest: '', artefact: '' },
  };
  const goal = { scope: 'app/local', moves: [{ service: 'bot', from: null, to: side }], kept: [] } as unknown as Goal;
  const holder = (scope: string) => ({
    instance: instanceId('x'),
    service: 'bot',
    slot: 'blue' as const,
    release: 1,
    scope,
  });
  const refusalWith = async (more: Partial<BatonRecord> | undefined, fileLatched = false): Promise<unknown> => {
    const store = memoryStore();
    const record = { ...emptyBaton('account/main'), ...more };
    const value = record as unknown as Json;
    if (more !== undefined)
      await store.transact({ writes: [{ key: batonRecordKey(record.key), expectedVersion: 0, value }] });
    return await mustHaveFreeBatons(store, goal, fileLatched).then(
      () => undefined,
      (error: unknown) => error,
    );
  };

  test('are free where nobody, or this very environment, holds them', async () => {
    expect(await refusalWith(undefined)).toBeUndefined();
    expect(await refusalWith({ holder: holder('app/local') })).toBeUndefined();
  });
  test('are not while the latch is set, in the record or beside the store', async () => {
    expect(hasCode(await refusalWith({ latch: { setAt: 0, by: 'p', reason: 'r' } }), 'latched')).toBe(true);
    expect(hasCode(await refusalWith(undefined, true), 'latched')).toBe(true);
  });
  test('are not while another environment holds them, or has not proven that it no longer does', async () => {
    expect(hasCode(await refusalWith({ holder: holder('app/docker') }), 'account-taken')).toBe(true);
    expect(hasCode(await refusalWith({ unproven: holder('app/docker') }), 'account-taken')).toBe(true);
  });
});
