import type { EmergencyStopReport } from '@baton/api';
import {
  BatonError,
  type BatonRecord,
  batonKey,
  batonRecordKey,
  changeBaton,
  type EmergencyReport,
  type EnginePorts,
  emergencyStop,
  type Json,
  type Latch,
  type Release,
  type Scope,
  scopeKey,
} from '@baton/core';
import { clearLatchFile, readLatchFile, setLatchFile } from '../adapters/latch-file.ts';
import { allReleases } from '../environment/standing.ts';

/** What of an app could act: batons by key, services by name, and the accounts to cancel at. */
const actors = (scope: string, releases: readonly Release[]) => {
  const singletons = releases.flatMap((release) =>
    Object.values(release.services).filter((pinned) => pinned.spec.role === 'singleton'),
  );
  const keys = new Set(singletons.map((pinned) => batonKey(scope, pinned.spec.name, pinned.spec.singleton?.account)));
  const services = new Set(singletons.map((pinned) => pinned.spec.name));
  const byAccount = new Map(
    singletons.flatMap(({ spec }) =>
      spec.singleton?.account === undefined ? [] : [[spec.singleton.account, spec] as const],
    ),
  );
  return { keys: [...keys], services, byAccount };
};

/**
 * Stops everything that could act, now. The latch file is set before anything else, so that it holds even
 * where the store fails; what acts is killed whether or not the store answers.
 */
export const stopEverything = async (
  stateDir: string,
  ports: Omit<EnginePorts, 'emit'>,
  scope: Scope,
  by: string,
  reason: string,
): Promise<EmergencyStopReport> => {
  setLatchFile(stateDir, scopeKey(scope), { setAt: ports.clock.wallMs(), by, reason });
  return await stopActors(ports, scope, by, reason);
};

/** The stop itself, once the latch file is set. */
export const stopActors = async (
  ports: Omit<EnginePorts, 'emit'>,
  scope: Scope,
  by: string,
  reason: string,
): Promise<EmergencyStopReport> => {
  const key = scopeKey(scope);
  const releases = await allReleases(ports.store, key).catch(() => []);
  const { keys, services, byAccount } = actors(key, releases);
  const venues = [...byAccount].flatMap(([account, spec]) => {
    const venue = ports.venue(spec);
    if (venue === undefined) return [];
    const prefix =
      spec.singleton?.clientIds?.startsWith('prefix:') === true ? spec.singleton.clientIds.slice('prefix:'.length) : '';
    const cancelAll = async (): Promise<number | string> => {
      const cancelled = await venue.cancelAll(account, prefix);
      return cancelled.known ? cancelled.value : `unknown: ${cancelled.reason}`;
    };
    return [{ account, prefix, cancelAll }];
  });
  const enginePorts: EnginePorts = { ...ports, emit: () => undefined };
  const report: EmergencyReport = await emergencyStop(enginePorts, { scope, keys, services, by, reason }, venues);
  return {
    state: report.confirmed ? 'STOPPED' : 'LATCHED',
    latched: [...report.latched],
    instances: report.instances,
    cancelled: report.cancelled,
  };
};

const CAS_TRIES = 50;

/**
 * Clears the latch of one baton; true where it was set. A latch that only the file has, because the store could
 * not be written then, is made good first: else its holder would stand in the record, and supervision would
 * start it again.
 * @throws BatonError `latch-contended`
 */
const armOne = async (
  ports: Omit<EnginePorts, 'emit'>,
  stream: string,
  baton: string,
  inFile: Latch | null,
  by: string,
): Promise<boolean> => {
  for (let attempt = 0; attempt < CAS_TRIES; attempt += 1) {
    const stored = await ports.store.get(batonRecordKey(baton));
    const record = stored?.value as unknown as BatonRecord | undefined;
    if (stored === undefined || record === undefined || (record.latch === null && inFile === null)) return false;
    const at = ports.clock.wallMs();
    const late = record.latch === null && inFile !== null;
    const latched = late ? changeBaton(record, { kind: 'latch', latch: inFile }, record.epoch) : undefined;
    const held = latched?.ok === true ? latched.record : record;
    const changed = changeBaton(held, { kind: 'arm' }, held.epoch);
    if (!changed.ok) return false;
    const set = { key: baton, by: inFile?.by ?? by, reason: inFile?.reason ?? '', token: held.token };
    const result = await ports.store.transact({
      writes: [
        { key: batonRecordKey(baton), expectedVersion: stored.version, value: changed.record as unknown as Json },
      ],
      append: [
        ...(late ? [{ stream, type: 'latch.set', at, payload: set }] : []),
        { stream, type: 'latch.cleared', at, payload: { key: baton, by } },
      ],
    });
    if (result.ok) return true;
  }
  throw new BatonError('latch-contended', `The latch of ${baton} could not be cleared: others write it without end.`, {
    hint: 'The latch stays set. Ask again.',
  });
};

/** Clears the latch, and activates nothing by itself. Returns the batons that it cleared. */
export const arm = async (
  stateDir: string,
  ports: Omit<EnginePorts, 'emit'>,
  scope: Scope,
  by: string,
): Promise<readonly string[]> => {
  const key = scopeKey(scope);
  const cleared = await armBatons(ports, key, readLatchFile(stateDir, key), by);
  // Last: while the file is set nothing is granted, whatever the store says.
  clearLatchFile(stateDir, key);
  return cleared;
};

/** Clears the latch in the store, before that of the file. */
export const armBatons = async (
  ports: Omit<EnginePorts, 'emit'>,
  key: string,
  inFile: Latch | null,
  by: string,
): Promise<readonly string[]> => {
  const cleared: string[] = [];
  const { keys } = actors(key, await allReleases(ports.store, key));
  for (const baton of keys) if (await armOne(ports, key, baton, inFile, by)) cleared.push(baton);
  return cleared;
};
