import { join } from 'node:path';
import { type InstanceId, type Known, known, type ResourceSample, unknown } from '@baton/core';
import { type ProcessIdentity, readKernelText, readStat, TICKS_PER_SECOND } from '../proc/index.ts';
import type { InstanceRecord } from './record.ts';
import { confinementOf, type Runtime } from './runtime.ts';

const PAGE_BYTES = 4096;

/** Proportional set size where the kernel tells it: pages that processes share are counted once. */
const memoryOf = ({ pid }: ProcessIdentity): number => {
  const pss = readKernelText(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB$/m)?.[1];
  return pss === undefined ? (readStat(pid)?.residentPages ?? 0) * PAGE_BYTES : Number(pss) * 1024;
};

/** Its own time and that of children it has waited for. */
const cpuOf = ({ pid }: ProcessIdentity): number => {
  const stat = readStat(pid);
  if (stat === undefined) return 0;
  return ((stat.userTicks + stat.systemTicks + stat.childTicks) * 1000) / TICKS_PER_SECOND;
};

const cgroupCpuMs = (record: InstanceRecord): number | undefined => {
  if (record.cgroup === null) return undefined;
  const usec = readKernelText(join(record.cgroup, 'cpu.stat'))?.match(/^usage_usec (\d+)$/m)?.[1];
  return usec === undefined ? undefined : Number(usec) / 1000;
};

const cgroupMemory = (record: InstanceRecord): number | undefined => {
  const text = record.cgroup === null ? undefined : readKernelText(join(record.cgroup, 'memory.current'));
  return text === undefined ? undefined : Number(text);
};

/** Memory now and CPU time since the start, over all processes of the instance. */
export const sample = (runtime: Runtime, instance: InstanceId): Known<ResourceSample> => {
  const stored = runtime.records.read(instance);
  if (stored.kind !== 'record') return unknown(`there is no readable record of instance ${instance}`);
  const { record } = stored;
  const members = record.death === null ? confinementOf(runtime, record).members() : [];
  if (members.length === 0) return unknown(`instance ${instance} does not run`);
  const sum = (of: (member: ProcessIdentity) => number): number => members.reduce((total, one) => total + of(one), 0);
  return known({
    instance,
    memoryBytes: cgroupMemory(record) ?? sum(memoryOf),
    cpuMs: cgroupCpuMs(record) ?? sum(cpuOf),
    at: runtime.clock.wallMs(),
  });
};
