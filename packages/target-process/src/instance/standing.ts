import type { InstanceObservation } from '@baton/core';
import { isAlive, type ProcessIdentity, readStat } from '../proc/index.ts';
import { handleOf, type InstanceRecord } from './record.ts';
import { bury, confinementOf, proofFor, type Runtime } from './runtime.ts';

export interface Standing {
  readonly state: InstanceObservation['state'];
  readonly record: InstanceRecord;
}

/** Rounds of killing what a dead main process left behind, in one look; the next look goes on. */
const REAP_ROUNDS = 3;

/** The main process among several: the one that leads its session, else the oldest. */
const leaderOf = (members: readonly ProcessIdentity[]): ProcessIdentity | undefined => {
  const byAge = [...members].sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  return byAge.find(({ pid }) => readStat(pid)?.session === pid) ?? byAge[0];
};

/**
 * What has become of a recorded start, from /proc and its cgroup. Finishes what a crash left half
 * done: a start that was not recorded is adopted, and what outlives its main process is killed, as
 * everything in a container is when its first process exits. `dead` is said only with proof.
 */
export const standingOf = (runtime: Runtime, record: InstanceRecord): Standing => {
  if (record.death !== null) return { state: 'dead', record };
  if (record.boot !== runtime.boot) {
    const note = `the machine was started again since (boot ${record.boot}, now ${runtime.boot})`;
    const by = { method: 'rebooted', weak: false, note } as const;
    const { instance } = record;
    const death = { instance, handle: handleOf(record), ...by, at: runtime.clock.wallMs() };
    return { state: 'dead', record: bury(runtime, record, death) };
  }
  if (record.process !== null) {
    return isAlive(record.process) ? { state: 'running', record } : reap(runtime, record);
  }
  if (isBeingStarted(runtime, record)) return { state: 'starting', record };
  const leader = leaderOf(confinementOf(runtime, record).members());
  if (leader === undefined) return reap(runtime, record);
  const adopted = { ...record, process: leader };
  runtime.records.replace(adopted);
  return { state: 'running', record: adopted };
};

const isBeingStarted = (runtime: Runtime, record: InstanceRecord): boolean => {
  const { launcher } = record;
  const ours = launcher.pid === runtime.self.pid && launcher.startTime === runtime.self.startTime;
  return ours ? runtime.starting.has(record.instance) : isAlive(launcher);
};

const reap = (runtime: Runtime, record: InstanceRecord): Standing => {
  const confinement = confinementOf(runtime, record);
  for (let round = 0; round < REAP_ROUNDS; round += 1) {
    if (!confinement.end()) continue;
    return { state: 'dead', record: bury(runtime, record, proofFor(runtime, record, confinement)) };
  }
  return { state: 'unknown', record };
};
