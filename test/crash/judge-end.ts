import {
  type BatonRecord,
  batonRecordKey,
  type EnvironmentRecord,
  environmentRecordKey,
  type Store,
} from '@baton/core';
import { SCOPE_KEY } from './crash-app.ts';
import type { LivingWorld } from './living-world.ts';
import type { Witness } from './witness.ts';

const ENDS: ReadonlySet<string> = new Set(['committed', 'failed', 'rolled-back', 'needs-operator', 'stopped']);

/** What must hold wherever a scene has ended, whatever happened on the way. */
export const brokenStanding = async (
  store: Store,
  world: LivingWorld,
  witness: Witness,
): Promise<readonly string[]> => {
  const broken: string[] = [];
  const { state } = world;
  for (const stream of await store.streams()) {
    const fault = await store.verifyJournal(stream);
    if (fault !== undefined) broken.push(`the journal's chain verifies: ${fault.problem}`);
  }
  witness.judgeTokens();
  const environment = (await store.get(environmentRecordKey(SCOPE_KEY)))?.value as unknown as EnvironmentRecord;
  if (environment.open !== null) broken.push('every goal ends: one is open');
  if (environment.last !== null && !ENDS.has(environment.last.outcome))
    broken.push(`every goal ends as it may, not ${environment.last.outcome}`);
  const held = Object.keys(world.heldNow());
  if (held.length > 0) broken.push(`no held request is forgotten: ${held.join()} is held`);
  const baton = (await store.get(batonRecordKey('account/main')))?.value as unknown as BatonRecord | undefined;
  const acting = witness.acting('bot');
  const [one] = acting;
  if (baton?.latch != null && acting.length > 0) broken.push('while latched nothing acts');
  if (one !== undefined && baton?.holder?.instance !== one.observation.instance)
    broken.push('nobody acts without the baton');
  if (one === undefined && baton?.holder != null) broken.push('a holder acts');
  if (environment.stopped && state.instances.some(({ alive }) => alive)) broken.push('stopped, and something runs');
  // Settled, or taken over by whoever acts now: else a person is told: an order that nobody knows of is an orphan.
  const isSaid = environment.last?.outcome === 'needs-operator';
  if (one === undefined && baton?.latch == null && state.orders.length > 0 && !isSaid)
    broken.push(`no orphan: ${state.orders.length} orders are open and nobody acts`);
  for (const { pool, service } of state.config?.routes ?? []) {
    const members = state.config?.pools.find(({ id }) => id === pool)?.members ?? [];
    const serving = state.instances.filter(
      ({ alive, observation }) =>
        alive &&
        observation.service === service &&
        Object.values(observation.addresses).some((at) => members.includes(at)),
    );
    const placed = environment.live[service];
    const latched = baton?.latch != null && service === 'bot';
    if (!latched && !serving.some(({ observation }) => observation.release === placed?.release))
      broken.push(`no lost request: the route of ${service} leads to nobody of its live release`);
  }
  return broken;
};
