import { describe, expect, test } from 'vitest';
import { batonKey, emptyBaton, type Holder } from '../baton/record.ts';
import { instanceId } from '../names.ts';
import { emergencyStop } from './emergency.ts';
import { batonOf, engineFakes, type Fakes, putBaton, SCOPE } from './testing/engine-fakes.ts';

const KEY = batonKey(SCOPE, 'bot', 'main');
const holder = (name: string, scope = SCOPE): Holder => ({
  instance: instanceId(name),
  service: 'bot',
  slot: 'blue',
  release: 1,
  scope,
});
const request = {
  scope: { app: 'app', environment: 'local' },
  keys: [KEY],
  services: new Set(['bot']),
  maxInFlightMs: 0,
  by: 'a person',
  reason: 'a test',
};

const trading = async (): Promise<Fakes> => {
  const fakes = engineFakes();
  fakes.target.add('bot', 'acting');
  fakes.target.add('bot', 'standing-by', { slot: 'green' });
  fakes.target.add('web', 'web-1', { startedAs: 'replica' });
  await putBaton(fakes, { ...emptyBaton(KEY), token: 4, holder: holder('acting'), epoch: 9 });
  return fakes;
};

describe('the emergency stop', () => {
  test('latches, kills holder and standby, leaves the rest, and proves the last holder dead', async () => {
    const fakes = await trading();
    const report = await emergencyStop(fakes.ports, request, []);
    expect(report).toMatchObject({ latched: [KEY], confirmed: true });
    expect(fakes.target.running()).toEqual(['web-1']);
    expect(await batonOf(fakes, KEY)).toMatchObject({
      token: 5,
      holder: null,
      unproven: null,
      latch: { reason: 'a test' },
    });
  });

  test('journals the proof as strong as it was', async () => {
    const fakes = await trading();
    await emergencyStop(fakes.ports, request, []);
    const journal = await fakes.store.readJournal(SCOPE, 0, 100);
    expect(journal.map(({ type }) => type)).toEqual(['latch.set', 'baton.proven']);
    expect(journal[1]?.payload).toMatchObject({
      proof: { death: { instance: 'acting', method: 'no-process-with-nonce', weak: true } },
    });
  });

  test('kills the holder that a baton names where the target does not list it', async () => {
    const fakes = await trading();
    fakes.target.instances.delete('acting');
    fakes.target.immortal.add('acting');
    const report = await emergencyStop(fakes.ports, request, []);
    expect(report.confirmed).toBe(false);
    expect(report.instances).toContainEqual(expect.objectContaining({ instance: 'acting', proof: null }));
  });

  test('kills the trader of another environment that holds the same account', async () => {
    const fakes = await trading();
    await putBaton(fakes, { ...emptyBaton(KEY), token: 4, holder: holder('elsewhere', 'app/docker') });
    const report = await emergencyStop(fakes.ports, request, []);
    expect(fakes.target.killed).toContain('elsewhere');
    expect(report.confirmed).toBe(true);
  });

  test('latches a baton that nobody was granted yet', async () => {
    const fakes = engineFakes();
    await emergencyStop(fakes.ports, request, []);
    expect(await batonOf(fakes, KEY)).toMatchObject({ holder: null, latch: { reason: 'a test' } });
  });

  test('kills what was only being started while it looked', async () => {
    const fakes = await trading();
    fakes.target.afterLook = () => {
      fakes.target.afterLook = undefined;
      fakes.target.add('bot', 'late', { startedAs: 'holder' });
    };
    const report = await emergencyStop(fakes.ports, request, []);
    expect(report.confirmed).toBe(true);
    expect(fakes.target.running()).toEqual(['web-1']);
  });

  test('kills by name where the target does not say who is there, and does not say STOPPED', async () => {
    const fakes = await trading();
    fakes.target.answers = false;
    const report = await emergencyStop(fakes.ports, request, []);
    expect(report.confirmed).toBe(false);
    expect(fakes.target.killed).toEqual(['acting']);
  });

  test('kills where the store fails, and says what could not be latched', async () => {
    const fakes = await trading();
    fakes.store.failNext('full', 10);
    const report = await emergencyStop(fakes.ports, request, []);
    expect(fakes.target.running()).toEqual(['web-1']);
    expect(report.latched).toEqual([]);
    expect(report.instances).toContainEqual(expect.objectContaining({ service: KEY, proof: null }));
  });

  test('says of a venue that fails what it is: unknown', async () => {
    const fakes = await trading();
    const cancelAll = async (): Promise<never> => {
      throw new Error('no route');
    };
    const report = await emergencyStop(fakes.ports, request, [{ account: 'main', prefix: '', cancelAll }]);
    expect(report).toMatchObject({ cancelled: { main: 'unknown: no route' }, confirmed: true });
  });

  // Found by reading the model of the protocol: an order could land after the cancel, and below the next grant.
  test('cancels again when what was on its way has landed, and proves nobody dead before', async () => {
    const fakes = await trading();
    const cancelled = [2, 1];
    const cancelAll = async (): Promise<number> => cancelled.shift() ?? 0;
    const stopping = emergencyStop(fakes.ports, { ...request, maxInFlightMs: 700 }, [
      { account: 'main', prefix: '', cancelAll },
    ]);
    while (fakes.clock.sleepers() === 0) await Promise.resolve();
    expect(cancelled).toEqual([1]);
    expect((await batonOf(fakes, KEY))?.unproven).toMatchObject({ instance: 'acting' });
    await fakes.clock.advance(700);
    expect(await stopping).toMatchObject({ cancelled: { main: 3 }, confirmed: true });
    expect((await batonOf(fakes, KEY))?.unproven).toBeNull();
  });
});
