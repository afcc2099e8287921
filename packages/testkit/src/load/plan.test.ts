import { describe, expect, it } from 'vitest';
import type { LoadPlanInput } from './plan.ts';
import { loadPlan } from './plan.ts';

const BASE: LoadPlanInput = { base: 'http://127.0.0.1:8000', pace: { kind: 'closed', concurrency: 1 } };

describe('a load plan', () => {
  it('fills in what was not said', () => {
    const plan = loadPlan({
      ...BASE,
      mix: { get: 1 },
      paths: { status: '/s' },
      streams: [{ kind: 'web-socket', open: 3 }],
    });
    expect(plan.mix).toEqual({ get: 1, 'get-close': 0, post: 0, slow: 0, big: 0 });
    expect(plan.paths).toMatchObject({ status: '/s', echo: '/api/echo' });
    expect(plan.streams[0]).toMatchObject({ path: '/ws', open: 3, singleton: false });
  });

  const refused: readonly (readonly [string, Partial<Record<keyof LoadPlanInput, unknown>>, RegExp])[] = [
    ['no address', { base: 'localhost:8000' }, /base must be/],
    ['a rate of nothing', { pace: { kind: 'open', ratePerSecond: 0, maxInFlight: 1 } }, /ratePerSecond/],
    ['no bound on those in flight', { pace: { kind: 'open', ratePerSecond: 1 } }, /maxInFlight/],
    ['an unknown pace', { pace: { kind: 'fast' } }, /pace must be/],
    ['an empty mix', { mix: { get: 0 } }, /at least one share/],
    ['an unknown kind', { mix: { put: 1 } }, /no kind "put"/],
    [
      'a life that ends before it begins',
      { streams: [{ kind: 'web-socket', open: 1, lifetimeMs: [5, 1] }] },
      /lifetimeMs/,
    ],
    ['an endless wait', { requestTimeoutMs: 0 }, /requestTimeoutMs/],
  ];
  it.each(refused)('is refused with %s', (_what, change, message) => {
    expect(() => loadPlan({ ...BASE, ...change } as LoadPlanInput)).toThrow(message);
  });
});
