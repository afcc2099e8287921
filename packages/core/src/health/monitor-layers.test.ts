import { fakeClock } from '@baton/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import type { HealthSpec } from '../app/index.ts';
import { FakeTarget, sideOf, singleton } from '../engine/testing/engine-fakes.ts';
import type { Prober } from '../ports/prober.ts';
import type { InstanceObservation } from '../ports/target.ts';
import { HealthMonitor } from './monitor.ts';

const spec = (more: Partial<HealthSpec>) =>
  singleton('web', {
    role: 'replicated',
    health: {
      http: { port: 8080, path: '/health' },
      successes: 2,
      retries: 1,
      intervalMs: 100,
      timeoutMs: 50,
      startPeriodMs: 0,
      reach: [],
      maxRestarts: 0,
      ...more,
    },
  });

const watching = (more: Partial<HealthSpec>, prober: Partial<Prober>) => {
  const clock = fakeClock();
  const target = new FakeTarget();
  target.add('web', 'a', { release: 2, startedAs: 'replica' });
  let changes = 0;
  const monitor = new HealthMonitor({
    clock,
    target,
    prober: {
      http: async () => ({ ok: true, status: 200, body: '{"release":2}' }),
      tcp: async () => ({ ok: true }),
      ...prober,
    },
    resolve: () => undefined,
    changed: () => {
      changes += 1;
    },
  });
  const observation = target.instances.get('a') as InstanceObservation;
  monitor.track([{ observation, pinned: sideOf(spec(more), 2, 'blue').pinned }]);
  open.push(monitor);
  return { clock, target, monitor, view: () => monitor.view('a'), changes: () => changes };
};

const open: HealthMonitor[] = [];
afterEach(() => {
  for (const monitor of open.splice(0)) monitor.close();
});

describe('the health monitor', () => {
  test('counts good answers in a row and reads who answers', async () => {
    const { clock, view, changes } = watching({}, {});
    await clock.advance(300);
    expect(view()).toMatchObject({ identity: 'match', violations: [] });
    expect(view().successes).toBeGreaterThanOrEqual(2);
    expect(changes()).toBeGreaterThan(0);
  });

  test('asks eagerly before the first answer, and takes no failure then for a fault', async () => {
    let asked = 0;
    const http: Prober['http'] = async () => {
      asked += 1;
      return { ok: false, reason: 'nothing listens' };
    };
    const { clock, view } = watching({}, { http });
    await clock.advance(300);
    expect(asked).toBeGreaterThan(10);
    expect(view()).toMatchObject({ successes: 0, violations: [], lastFailure: 'GET /health: nothing listens' });
  });

  test('says that the endpoint is bad after two failures of three, and well again later', async () => {
    let good = true;
    const http: Prober['http'] = async () => ({ ok: true, status: good ? 200 : 500, body: '{"release":2}' });
    const { clock, view } = watching({}, { http });
    await clock.advance(300);
    good = false;
    await clock.advance(100);
    expect(view().violations).toEqual([]);
    await clock.advance(100);
    expect(view().violations).toMatchObject([{ layer: 'endpoint', evidence: 'GET /health answered 500' }]);
    good = true;
    await clock.advance(300);
    expect(view().violations).toEqual([]);
  });

  test('stays with a mismatch: another release answers', async () => {
    const http: Prober['http'] = async () => ({ ok: true, status: 200, body: '{"release":1}' });
    const { clock, view } = watching({}, { http });
    await clock.advance(500);
    expect(view()).toMatchObject({ identity: 'mismatch', successes: 0 });
  });

  test('finds the one address of several that is never reached', async () => {
    const tcp: Prober['tcp'] = async (address) =>
      address === 'dead:1' ? { ok: false, reason: 'refused' } : { ok: true };
    const { clock, view } = watching({ reach: ['a:1', 'dead:1', 'b:1', 'c:1'] }, { tcp });
    await clock.advance(500);
    expect(view().violations).toMatchObject([{ layer: 'reach', evidence: 'dead:1 cannot be reached: refused' }]);
    await clock.advance(100);
    expect(view().violations).toHaveLength(1);
  });

  test('outlives a port that throws', async () => {
    let broken = true;
    const http: Prober['http'] = async () => {
      if (broken) throw new Error('a fault of the prober');
      return { ok: true, status: 200, body: '{"release":2}' };
    };
    const { clock, target, view } = watching({ cpuShare: 1 }, { http });
    target.sample = async () => {
      throw new Error('a fault of the target');
    };
    await clock.advance(700);
    expect(view().lastFailure).toContain('a fault of the prober');
    broken = false;
    await clock.advance(700);
    expect(view().successes).toBeGreaterThanOrEqual(2);
  });

  test('forgets whom it is not asked to watch any more', async () => {
    const { clock, monitor, view } = watching({}, {});
    await clock.advance(300);
    monitor.track([]);
    expect(view()).toMatchObject({ successes: 0, identity: 'unseen' });
    expect(clock.sleepers()).toBe(0);
  });
});
