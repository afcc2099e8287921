import { expect, test } from 'vitest';
import type { ServiceSpec } from '../../app/index.ts';
import { batonKey, emptyBaton, type Holder } from '../../baton/record.ts';
import { known } from '../../known.ts';
import { instanceId } from '../../names.ts';
import type { Activation } from '../../ports/lifecycle.ts';
import type { Session } from '../session.ts';
import { engineFakes, goalOf, putBaton, SCOPE, sessionFor, sideOf, singleton } from '../testing/engine-fakes.ts';
import { activate, revoke } from './granting.ts';

const cold = singleton('bot');
const settings = cold.singleton;
if (settings === undefined) throw new Error('a singleton has its settings');
const bot: ServiceSpec = { ...cold, singleton: { ...settings, start: 'warm', stop: 'http' } };
const from = sideOf(bot, 1, 'blue');
const to = sideOf(bot, 2, 'green');
const key = batonKey(SCOPE, 'bot', 'main');
const saved = { state: { learned: 1 }, takenAt: 5, format: 'json' };

const holderOf = (name: string): Holder => ({
  instance: instanceId(name),
  service: 'bot',
  slot: name === 'second' ? 'green' : 'blue',
  release: name === 'second' ? 2 : 1,
  scope: SCOPE,
});

interface Told {
  readonly session: Session;
  /** Whether the state that was passed with each activation was said to be old. */
  readonly stale: boolean[];
}

/** The first holds the baton; its state of a while ago is in the record. */
const held = async (): Promise<Told> => {
  const fakes = engineFakes();
  await putBaton(fakes, {
    ...emptyBaton(key),
    token: 3,
    holder: holderOf('first'),
    checkpoint: { ...saved, takenAt: 1, from: instanceId('first') },
  });
  const session = await sessionFor(fakes, goalOf({ moves: [{ service: 'bot', from, to }] }));
  const stale: boolean[] = [];
  fakes.ports.lifecycle.activate = async (at, activation: Activation) => {
    stale.push(activation.stale);
    const { token } = activation;
    return { state: { instance: at.instance, phase: 'active', token, release: 1, digest: '' }, adopted: undefined };
  };
  for (const name of ['first', 'second', 'third']) fakes.target.add('bot', name, holderOf(name));
  const seen = await fakes.target.observe();
  const health = { successes: 1, identity: 'match', violations: [], lastFailure: undefined } as const;
  session.instances = seen.known
    ? known(seen.value.map((one) => ({ ...one, health, lifecycle: undefined })))
    : session.instances;
  return { session, stale };
};

const hand = async (session: Session, name: string): Promise<void> => {
  await revoke(session, { kind: 'revoke', services: ['bot'] });
  const last = session.baton('bot').unproven?.instance ?? instanceId('');
  const death = { instance: last, handle: last, method: 'cgroup-empty', weak: false, note: '', at: 0 } as const;
  const change = { kind: 'grant', holder: holderOf(name), proof: { kind: 'death', death } } as const;
  await session.change([{ service: 'bot', change }], () => []);
  const { token } = session.baton('bot');
  await activate(session, { kind: 'activate', service: 'bot', instance: instanceId(name), token });
};

test('a state is passed as the last to whoever is granted the baton first after it was saved', async () => {
  const { session, stale } = await held();
  session.note('bot', { checkpoint: { from: instanceId('first'), checkpoint: saved } });
  await hand(session, 'second');
  expect(stale).toEqual([false]);
});

test('a state of a while ago is said to be old, where the last could not be saved', async () => {
  const { session, stale } = await held();
  session.settled.set('bot', {
    instance: 'first',
    exposure: { openOrders: known(0), positions: known(0), inFlight: known(0) },
  });
  await hand(session, 'second');
  expect(stale).toEqual([true]);
});

test('the state of the first is old for the third, where the second acted in between', async () => {
  const { session, stale } = await held();
  session.note('bot', { checkpoint: { from: instanceId('first'), checkpoint: saved } });
  await hand(session, 'second');
  await hand(session, 'third');
  expect(stale).toEqual([false, true]);
});
