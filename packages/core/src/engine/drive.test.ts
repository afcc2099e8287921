import { afterEach, describe, expect, test } from 'vitest';
import { batonKey, emptyBaton } from '../baton/record.ts';
import type { Goal } from '../goal/goal.ts';
import { HealthMonitor } from '../health/monitor.ts';
import { foldFacts, type GoalEvent } from '../journal/index.ts';
import { instanceId } from '../names.ts';
import { type EnvironmentRecord, environmentRecordKey } from '../release/environment.ts';
import { drive, Wake } from './drive.ts';
import {
  batonOf,
  engineFakes,
  type Fakes,
  goalOf,
  putBaton,
  SCOPE,
  sessionFor,
  sideOf,
  singleton,
} from './testing/engine-fakes.ts';

const bot = singleton('bot');
const hedge = singleton('hedge', {
  singleton: { ...(bot.singleton as NonNullable<typeof bot.singleton>), account: 'two' },
});
const web = singleton('web', { role: 'replicated' });
const old = { service: 'hedge', ...sideOf(hedge, 1, 'blue') };
const key = batonKey(SCOPE, 'bot', 'main');
const holderOf = (service: string, name: string) => ({
  instance: instanceId(name),
  service,
  slot: 'blue' as const,
  release: 1,
  scope: SCOPE,
});

const standing = async (): Promise<Fakes> => {
  const fakes = engineFakes();
  fakes.target.add('bot', 'old-bot', { startedAs: 'holder' });
  fakes.target.add('hedge', 'old-hedge', { startedAs: 'holder' });
  fakes.target.add('web', 'old-web', { startedAs: 'replica' });
  await putBaton(fakes, { ...emptyBaton(key), token: 3, holder: holderOf('bot', 'old-bot') });
  const two = batonKey(SCOPE, 'hedge', 'two');
  await putBaton(fakes, { ...emptyBaton(two), token: 3, holder: holderOf('hedge', 'old-hedge') });
  return fakes;
};

const monitors: HealthMonitor[] = [];
afterEach(() => {
  for (const monitor of monitors.splice(0)) monitor.close();
});

/** Drives a goal to its end on the fake clock; `said` is what others have written meanwhile. */
const driven = async (
  fakes: Fakes,
  goal: Goal,
  said: GoalEvent[] = [],
  watch?: (kind: string) => void,
): Promise<string> => {
  const session = await sessionFor(fakes, goal);
  const wake = new Wake();
  const { clock, prober } = fakes.ports;
  const monitor = new HealthMonitor({
    clock,
    prober,
    target: fakes.target,
    resolve: () => undefined,
    changed: wake.notify,
  });
  monitors.push(monitor);
  let outcome: string | undefined;
  const running = drive({
    session,
    monitor,
    wake,
    signal: new AbortController().signal,
    refreshFacts: async () => {
      session.facts = foldFacts([...fakes.events, ...said]);
    },
    decided: (action) => watch?.(action.kind),
  }).then((ended) => {
    outcome = ended;
  });
  for (let round = 0; round < 2_000 && outcome === undefined; round += 1) await fakes.clock.advance(20);
  if (outcome !== undefined) await running;
  return outcome ?? 'never ended';
};

const liveOf = async (fakes: Fakes): Promise<EnvironmentRecord> =>
  (await fakes.store.get(environmentRecordKey(SCOPE)))?.value as unknown as EnvironmentRecord;

describe('a driver', () => {
  const moves = [
    { service: 'web', from: sideOf(web, 1, 'blue'), to: sideOf(web, 2, 'green') },
    { service: 'bot', from: sideOf(bot, 1, 'blue'), to: sideOf(bot, 2, 'green') },
  ];

  test('hands a cold singleton over: the old one is dead before the new one is there', async () => {
    const fakes = await standing();
    fakes.target.duringLaunch = async () => {
      const launched = [...fakes.target.instances.values()].at(-1);
      if (launched?.service === 'bot') expect(fakes.target.killed).toContain('old-bot');
    };
    expect(await driven(fakes, goalOf({ moves, kept: [old] }))).toBe('committed');
    expect(await batonOf(fakes, key)).toMatchObject({
      token: 5,
      holder: { release: 2, slot: 'green' },
      unproven: null,
    });
  });

  test('writes an intent, a revoke or a grant before each effect', async () => {
    const fakes = await standing();
    await driven(fakes, goalOf({ moves, kept: [old] }));
    const types = fakes.events.map((event) => (event.type === 'intent' ? `intent ${event.action}` : event.type));
    expect(types.indexOf('intent launch')).toBeLessThan(types.indexOf('instance.launched'));
    expect(types.indexOf('intent release-holder')).toBeLessThan(types.indexOf('baton.revoked'));
    // In one transaction with the revoke: between it and the grant every write is time in which nobody acts.
    expect(types.indexOf('intent stand-down')).toBe(types.indexOf('baton.revoked') + 1);
    expect(types.filter((type) => type === 'intent stand-down')).toHaveLength(1);
    expect(types.indexOf('intent route')).toBeLessThan(types.indexOf('traffic.switched'));
    expect(types.indexOf('intent retire')).toBeLessThan(types.indexOf('slot.retired'));
  });

  test('that is overtaken by a stop takes down what it kept as well, and leaves nothing to supervise', async () => {
    const fakes = await standing();
    const stopped: GoalEvent = { type: 'operator.stopped', by: 'p' };
    expect(await driven(fakes, goalOf({ moves, kept: [old] }), [stopped])).toBe('stopped');
    expect(fakes.target.running()).toEqual([]);
    expect(await liveOf(fakes)).toMatchObject({ live: {}, stopped: true, open: null });
  });

  // At once: within so short a time nothing is looked at between the steps of a handover.
  test.each([1_000, 0])(
    'sees a stop that came while the holder was ending for %d ms, and grants nobody',
    async (ms) => {
      const fakes = await standing();
      const said: GoalEvent[] = [];
      fakes.target.stop = async (instance) => {
        if (instance === 'old-bot' && said.length === 0) {
          said.push({ type: 'operator.stopped', by: 'p' });
          if (ms > 0) await fakes.clock.sleep(ms);
        }
        return await fakes.target.kill(instance);
      };
      expect(await driven(fakes, goalOf({ moves, kept: [] }), said)).toBe('stopped');
      expect(fakes.events.some(({ type }) => type === 'baton.granted')).toBe(false);
    },
  );

  test('ends needs-operator under the latch, with nothing of the singleton running', async () => {
    const fakes = await standing();
    fakes.file = { setAt: 0, by: 'p', reason: 'r' };
    expect(await driven(fakes, goalOf({ moves, kept: [old] }))).toBe('needs-operator');
    expect(fakes.target.running()).not.toContain('old-bot');
  });

  test('waits longer after each failure of one step', async () => {
    const fakes = await standing();
    const times: number[] = [];
    fakes.ports.traffic.release = async () => {
      times.push(fakes.clock.monotonicMs());
      throw new Error('the gateway refuses');
    };
    await driven(fakes, goalOf({ moves: moves.slice(0, 1), kept: [] }));
    const gaps = times.slice(1, 6).map((time, at) => time - (times[at] as number));
    expect(gaps.every((gap, at) => at === 0 || gap > (gaps[at - 1] as number))).toBe(true);
    expect(times.length).toBeLessThanOrEqual(10);
  });
});
