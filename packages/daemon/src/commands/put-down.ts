import { type BatonRecord, batonKey, batonRecordKey, type Releases, type Store } from '@baton/core';
import type { Standing } from '../environment/standing.ts';

/**
 * Singletons that are live by name while nobody holds their baton: an emergency stop put them down. Unchanged as
 * they are, a deployment starts them again; supervision never does.
 */
export const putDown = async (
  store: Store,
  scope: string,
  standing: Standing,
  releases: Releases,
): Promise<string[]> => {
  const down: string[] = [];
  for (const [service, placed] of Object.entries(standing.environment.live)) {
    const spec = releases.get(placed.release)?.services[service]?.spec;
    if (spec?.role !== 'singleton') continue;
    const stored = await store.get(batonRecordKey(batonKey(scope, service, spec.singleton?.account)));
    const record = stored?.value as unknown as BatonRecord | undefined;
    if (record !== undefined && record.holder === null) down.push(service);
  }
  return down;
};
