import { describe, expect, test } from 'vitest';
import { batonKey, batonRecordKey, emptyBaton } from '../../baton/record.ts';
import { hasCode } from '../../errors/index.ts';
import { instanceId } from '../../names.ts';
import { emergencyStop } from '../emergency.ts';
import type { Session } from '../session.ts';
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
} from '../testing/engine-fakes.ts';
import { launchHolder } from './launching.ts';

const bot = singleton('bot');
const to = sideOf(bot, 2, 'green');
const key = batonKey(SCOPE, 'bot', 'main');
const instance = instanceId('nonce');
const action = { kind: 'launch-holder', service: 'bot', side: to, instance, token: 4 } as const;
const latch = { setAt: 1, by: 'a person', reason: 'a test' };

const granted = async (): Promise<{ fakes: Fakes; session: Session }> => {
  const fakes = engineFakes();
  await putBaton(fakes, {
    ...emptyBaton(key),
    token: 4,
    holder: { instance, service: 'bot', slot: 'green', release: 2, scope: SCOPE },
  });
  return { fakes, session: await sessionFor(fakes, goalOf({ moves: [{ service: 'bot', from: null, to }] })) };
};

const refusalOf = async (session: Session): Promise<boolean> =>
  await launchHolder(session, action).then(
    () => false,
    (error: unknown) => hasCode(error, 'baton-moved'),
  );

describe('a cold holder', () => {
  test('is started under the nonce that was granted', async () => {
    const { fakes, session } = await granted();
    await launchHolder(session, action);
    expect(fakes.target.running()).toEqual(['nonce']);
  });

  test('is not started where the emergency stop came after its grant', async () => {
    const { fakes, session } = await granted();
    const scope = { app: 'app', environment: 'local' };
    await emergencyStop(
      fakes.ports,
      { scope, keys: [key], services: new Set(['bot']), maxInFlightMs: 0, by: 'p', reason: 'r' },
      [],
    );
    expect(await refusalOf(session)).toBe(true);
    expect(fakes.target.running()).toEqual([]);
  });

  test('is not started where only the latch file is set', async () => {
    const { fakes, session } = await granted();
    fakes.file = latch;
    expect(await refusalOf(session)).toBe(true);
    expect(fakes.target.running()).toEqual([]);
  });

  test('is killed where the latch was set while it was started', async () => {
    const { fakes, session } = await granted();
    fakes.target.duringLaunch = async () => {
      const record = await batonOf(fakes, key);
      if (record !== undefined) await putBaton(fakes, { ...record, latch, holder: null, unproven: record.holder });
    };
    expect(await refusalOf(session)).toBe(true);
    expect(fakes.target.running()).toEqual([]);
    expect(await fakes.store.get(batonRecordKey(key))).toBeDefined();
  });

  test('has its intent in the journal before it is there', async () => {
    const { fakes, session } = await granted();
    fakes.target.duringLaunch = async () => {
      expect((await fakes.store.readJournal(SCOPE, 0, 10)).map(({ type }) => type)).toEqual(['intent']);
    };
    await launchHolder(session, action);
    expect(fakes.events.map(({ type }) => type)).toEqual(['intent', 'instance.launched']);
  });
});
