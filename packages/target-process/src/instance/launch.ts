import { rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BatonError, containerPorts, type InstanceObservation, type LaunchRequest } from '@baton/core';
import { CgroupConfinement, createCgroup, limitCgroup } from '../confinement/index.ts';
import { readKernelText } from '../proc/index.ts';
import { resolveCommand, runFolder } from './command.ts';
import { kill } from './end.ts';
import { instanceEnvironment } from './environment.ts';
import { observationOf } from './observation.ts';
import type { InstanceRecord } from './record.ts';
import { type Runtime, serviceKey } from './runtime.ts';
import { type Spawned, spawnDetached } from './spawn.ts';
import { standingOf } from './standing.ts';

/** A shell needs about a millisecond to join its cgroup. */
const JOIN_TIMEOUT_MS = 10_000;
/** How long the kill of a start that could not be written down may take. */
const UNDO_TIMEOUT_MS = 10_000;
/** How long a start that another process has begun is waited for. */
const FOREIGN_START_MS = 5_000;

/**
 * Starts one instance, or finds that its start was begun before: by this process, by another, or by
 * one that died on the way. A nonce is started at most once, whatever happened: one whose start came
 * to nothing is reported dead, and the caller makes a new one.
 */
export const launch = async (runtime: Runtime, request: LaunchRequest): Promise<InstanceObservation> => {
  const under = runtime.starting.get(request.instance);
  if (under !== undefined) return under;
  const start = launchOnce(runtime, request);
  runtime.starting.set(request.instance, start);
  try {
    return await start;
  } finally {
    runtime.starting.delete(request.instance);
  }
};

const launchOnce = async (runtime: Runtime, request: LaunchRequest): Promise<InstanceObservation> => {
  // Registered as starting before anything is looked at, so that no one takes the intent for a leftover.
  await setImmediate();
  const stored = runtime.records.read(request.instance);
  if (stored.kind === 'record') return resume(runtime, stored.record);
  if (stored.kind === 'damaged') {
    throw new BatonError('record-damaged', `The record of instance ${request.instance} is damaged`, {
      hint: 'Start a new instance; the damaged one is looked into when the environment is observed.',
    });
  }
  const { service } = request;
  await predecessorsLeft(runtime, request);
  const cwd = runFolder(service.spec, runtime.snapshots.workingFolder(service.digest));
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new BatonError('working-dir-missing', `Service "${service.spec.name}": its folder ${cwd} is not there`, {
      fault: 'user',
      hint: 'Correct "working_dir:" in the compose file, or deploy again if the state directory was emptied.',
    });
  }
  const recordPath = runtime.records.path(request.instance);
  const wanted = containerPorts(service.spec);
  const leased = await runtime.ports.lease(request.instance, recordPath, wanted.length);
  const ports = new Map(wanted.map((port, index) => [port, leased[index] as number]));
  try {
    const environment = instanceEnvironment(request, ports, runtime.layout, runtime.baseEnvironment);
    const command = resolveCommand(service.spec, cwd, environment.PATH ?? '');
    return await startRecorded(runtime, intentOf(runtime, request, ports), { command, cwd, environment, request });
  } catch (error) {
    for (const port of leased) runtime.ports.release(port, request.instance);
    throw error;
  }
};

/** A cold program takes over its predecessor's files: locks on them are given back only when it is gone altogether. */
const predecessorsLeft = async (runtime: Runtime, { scope, service, startAs }: LaunchRequest): Promise<void> => {
  if (startAs.kind !== 'holder') return;
  const key = serviceKey({ ...scope, service: service.spec.name });
  await Promise.all([...runtime.leaving.values()].filter((one) => one.service === key).map((one) => one.left));
};

const intentOf = (runtime: Runtime, request: LaunchRequest, ports: ReadonlyMap<number, number>): InstanceRecord => ({
  version: 1,
  instance: request.instance,
  app: request.scope.app,
  environment: request.scope.environment,
  service: request.service.spec.name,
  slot: request.slot,
  release: request.release,
  digest: request.service.digest,
  replica: request.replica,
  startedAs: request.startAs.kind,
  stopSignal: request.service.spec.stopSignal,
  ports: Object.fromEntries(ports),
  cgroup: runtime.cgroupParent === undefined ? null : join(runtime.cgroupParent, request.instance),
  boot: runtime.boot,
  launcher: runtime.self,
  createdAt: runtime.clock.wallMs(),
  process: null,
  exit: null,
  death: null,
});

interface Start {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly request: LaunchRequest;
}

const startRecorded = async (runtime: Runtime, intent: InstanceRecord, start: Start): Promise<InstanceObservation> => {
  const { resources } = start.request.service.spec;
  const gate = runtime.layout.gate(intent.instance);
  let spawned: Spawned;
  try {
    if (intent.cgroup === null) writeFileSync(gate, '', { mode: 0o600 });
    else {
      createCgroup(intent.cgroup);
      limitCgroup(intent.cgroup, resources.memoryBytes, resources.cpus);
    }
    if (!(await runtime.records.create(intent))) return await usedUp(runtime, intent);
    spawned = await spawnDetached({
      ...start,
      entrance: intent.cgroup === null ? { gate } : { cgroup: intent.cgroup },
      ...runtime.logs.paths(intent.service, intent.instance),
    });
  } catch (error) {
    await runtime.records.remove(intent.instance);
    removeEntrance(runtime, intent);
    throw error;
  }
  const record = await recordStart(runtime, intent, spawned).catch(async (error: unknown) => {
    // What runs and is not written down would be lost by the next crash.
    await kill(runtime, intent.instance, UNDO_TIMEOUT_MS);
    throw error;
  });
  const ending = recordExit(runtime, record, spawned).finally(() => runtime.ending.delete(record.instance));
  runtime.ending.set(record.instance, ending);
  return observationOf({ record, state: record.death === null ? 'running' : 'dead' });
};

const removeEntrance = (runtime: Runtime, { instance, cgroup }: InstanceRecord): void => {
  rmSync(runtime.layout.gate(instance), { force: true });
  if (cgroup !== null) new CgroupConfinement(cgroup).remove();
};

/** Somebody recorded this nonce while its start was prepared: started it, or proved that it never was and never will be. */
const usedUp = async (runtime: Runtime, intent: InstanceRecord): Promise<InstanceObservation> => {
  for (const port of Object.values(intent.ports)) runtime.ports.release(port, intent.instance);
  const stored = runtime.records.read(intent.instance);
  const record = stored.kind === 'record' ? stored.record : intent;
  if (record.death !== null) removeEntrance(runtime, intent);
  return resume(runtime, record);
};

const recordStart = async (runtime: Runtime, intent: InstanceRecord, spawned: Spawned): Promise<InstanceRecord> => {
  if (intent.cgroup !== null) await joined(runtime, intent.cgroup, spawned);
  const record = { ...latest(runtime, intent), process: spawned.identity };
  await runtime.records.write(record);
  return record;
};

/** A kill may have come in between; what it wrote stays. */
const latest = (runtime: Runtime, intent: InstanceRecord): InstanceRecord => {
  const stored = runtime.records.read(intent.instance);
  return stored.kind === 'record' ? stored.record : intent;
};

/** Until the process is in its cgroup, the group being empty would not mean that it is dead. */
const joined = async (runtime: Runtime, cgroup: string, { child, identity }: Spawned): Promise<void> => {
  const suffix = cgroup.slice(dirname(cgroup).length);
  const begin = runtime.clock.monotonicMs();
  while (child.exitCode === null && child.signalCode === null) {
    if (readKernelText(`/proc/${identity.pid}/cgroup`)?.includes(suffix) === true) return;
    if (runtime.clock.monotonicMs() - begin > JOIN_TIMEOUT_MS) {
      child.kill('SIGKILL');
      throw new BatonError('launch-stuck', `Process ${identity.pid} did not join its cgroup ${cgroup}`, {
        hint: 'The machine may be overloaded. Deploy again when it answers.',
      });
    }
    await setImmediate();
  }
};

/** Notes how the main process ended, then ends what it left behind. */
const recordExit = async (runtime: Runtime, record: InstanceRecord, { exited }: Spawned): Promise<void> => {
  const exit = await exited;
  try {
    await runtime.starting.get(record.instance)?.catch(() => undefined);
    const stored = runtime.records.read(record.instance);
    if (stored.kind !== 'record') return;
    runtime.records.replace({ ...stored.record, exit: { ...exit, outOfMemory: ranOutOfMemory(stored.record) } });
    const after = runtime.records.read(record.instance);
    if (after.kind === 'record') standingOf(runtime, after.record);
  } catch {
    // The state directory is full or gone. The end is observed again at the next look.
  }
};

const ranOutOfMemory = (record: InstanceRecord): boolean => {
  if (record.cgroup === null) return false;
  const events = readKernelText(join(record.cgroup, 'memory.events'));
  return events !== undefined && /^oom_kill [1-9]/m.test(events);
};

const resume = async (runtime: Runtime, record: InstanceRecord): Promise<InstanceObservation> => {
  const begin = runtime.clock.monotonicMs();
  // Ours is not under way: this very call is what `starting` holds.
  const begunHere = record.launcher.pid === runtime.self.pid && record.launcher.startTime === runtime.self.startTime;
  const view = begunHere ? { ...runtime, starting: new Map<string, Promise<InstanceObservation>>() } : runtime;
  for (;;) {
    const standing = standingOf(view, record);
    if (standing.state !== 'starting') return observationOf(standing);
    if (runtime.clock.monotonicMs() - begin > FOREIGN_START_MS) return observationOf(standing);
    await runtime.clock.sleep(5);
    const stored = runtime.records.read(record.instance);
    if (stored.kind === 'record') record = stored.record;
  }
};
