import type { CleanupReport } from '@baton/api';
import { BatonError, type BatonRecord, batonRecordKey, type Slot, scopeOf } from '@baton/core';
import type { Environment } from '../environment/environment.ts';

const GRACE_MS = 10_000;

const namedByBatons = async ({ ports }: Environment): Promise<ReadonlySet<string>> => {
  const records = (await ports.store.list(batonRecordKey(''))).map(({ value }) => value as unknown as BatonRecord);
  return new Set(records.flatMap(({ holder, unproven }) => [holder?.instance ?? '', unproven?.instance ?? '']));
};

/** Stops and forgets what is left in a slot that is not live; what is live is never touched. */
export const cleanup = async (environment: Environment, slot: Slot): Promise<CleanupReport> => {
  const { environment: record } = await environment.standing();
  if (record.open !== null) {
    throw new BatonError('busy', `${environment.key} is being deployed: both slots are needed.`, {
      fault: 'user',
      hint: 'Wait for its end, or "baton promote" it.',
    });
  }
  const seen = await environment.ports.target.observe(scopeOf(environment.key));
  if (!seen.known)
    throw new BatonError('target-unknown', `The target does not answer: ${seen.reason}`, {
      hint: 'Nothing was removed.',
    });
  const isLive = (service: string, release: number): boolean =>
    record.live[service]?.slot === slot && record.live[service]?.release === release;
  const idle = seen.value.filter((view) => view.slot === slot && !isLive(view.service, view.release));
  const liveHere = Object.entries(record.live)
    .filter(([, placed]) => placed.slot === slot)
    .map(([service]) => service);
  if (idle.length === 0 && liveHere.length > 0) {
    throw new BatonError('slot-live', `${slot} is live (${liveHere.join(', ')}): there is nothing to clean up in it.`, {
      fault: 'user',
      hint: `The idle slot is ${slot === 'blue' ? 'green' : 'blue'}.`,
    });
  }
  const stopped: string[] = [];
  for (const view of idle.filter((one) => one.state !== 'dead')) {
    await environment.ports.target.stop(view.instance, GRACE_MS);
    stopped.push(`${view.service} (release ${view.release})`);
  }
  // What a baton names stays on record: its death is the proof that the next grant asks for.
  const named = await namedByBatons(environment);
  const gone = idle.filter((view) => !named.has(view.instance));
  for (const view of gone) await environment.ports.target.forget(view.instance);
  return {
    stopped,
    removed: gone.map((view) => `${view.service} ${view.instance.slice(0, 8)} (release ${view.release})`),
  };
};
