import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock, DeathProof, InstanceObservation } from '@baton/core';
import { CgroupConfinement, type Confinement, NonceConfinement } from '../confinement/index.ts';
import type { Layout } from '../disk/index.ts';
import type { InstanceLogs } from '../logs/index.ts';
import type { PortLeases } from '../ports/index.ts';
import type { ProcessIdentity } from '../proc/index.ts';
import type { SnapshotStore } from '../snapshot/index.ts';
import { handleOf, type InstanceRecord } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** What the actions on instances share. */
export interface Runtime {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly boot: string;
  /** This process. */
  readonly self: ProcessIdentity;
  /** Holds one cgroup for each instance; undefined where the host has none to use. */
  readonly cgroupParent: string | undefined;
  readonly baseEnvironment: NodeJS.ProcessEnv;
  readonly records: RecordStore;
  readonly snapshots: SnapshotStore;
  readonly ports: PortLeases;
  readonly logs: InstanceLogs;
  /** Starts under way in this process. */
  readonly starting: Map<string, Promise<InstanceObservation>>;
  /** Instances that cannot act any more and have not given everything back yet, with the service they are of. */
  readonly leaving: Map<string, { readonly service: string; readonly left: Promise<void> }>;
  /** Children of this process by instance, until how they ended was written down. */
  readonly ending: Map<string, Promise<void>>;
}

/** A service within its scope. */
export const serviceKey = (of: {
  readonly app: string;
  readonly environment: string;
  readonly service: string;
}): string => `${of.app}/${of.environment}/${of.service}`;

/** What holds the instance's processes together, the strongest that is there now. */
export const confinementOf = (runtime: Runtime, record: InstanceRecord): Confinement => {
  // A hierarchy that is not mounted here would make every group look gone, and so dead.
  if (record.cgroup !== null && existsSync(join(dirname(record.cgroup), 'cgroup.procs'))) {
    return new CgroupConfinement(record.cgroup);
  }
  return new NonceConfinement(record.instance, runtime.layout.gate(record.instance), record.process ?? undefined);
};

export const proofFor = (runtime: Runtime, record: InstanceRecord, by: Confinement): DeathProof => ({
  instance: record.instance,
  handle: handleOf(record),
  method: by.method,
  weak: by.weak,
  note: by.note,
  at: runtime.clock.wallMs(),
});

/** Writes a proven death down. */
export const noteDeath = (runtime: Runtime, record: InstanceRecord, death: DeathProof): InstanceRecord => {
  const stored = runtime.records.read(record.instance);
  // The exit may have been written between; a death that somebody proved first stays.
  const latest = stored.kind === 'record' ? stored.record : record;
  const buried = { ...latest, death: latest.death ?? death };
  if (stored.kind === 'record') runtime.records.replace(buried);
  return buried;
};

export const releasePorts = (runtime: Runtime, record: InstanceRecord): void => {
  for (const port of Object.values(record.ports)) runtime.ports.release(port, record.instance);
};

/** Writes a proven death down and gives back what the instance had. */
export const bury = (runtime: Runtime, record: InstanceRecord, death: DeathProof): InstanceRecord => {
  const buried = noteDeath(runtime, record, death);
  releasePorts(runtime, record);
  return buried;
};
