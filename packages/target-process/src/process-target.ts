import { rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { BatonError, type Clock, type InstanceId, type Target } from '@baton/core';
import { findCgroupParent, killProcess } from './confinement/index.ts';
import { Layout } from './disk/index.ts';
import {
  confinementOf,
  exec,
  type InstanceRecord,
  kill,
  launch,
  observeScope,
  RecordStore,
  type Runtime,
  sample,
  signalNamed,
  standingOf,
  stop,
} from './instance/index.ts';
import { InstanceLogs, type LogBounds } from './logs/index.ts';
import { PortLeases, type PortRange } from './ports/index.ts';
import { preflight } from './preflight.ts';
import { identityOf, isAlive, readBootId } from './proc/index.ts';
import { type SnapshotBounds, SnapshotStore } from './snapshot/index.ts';

export interface ProcessTargetOptions {
  /** Holds everything the target keeps; created with mode 0700. One daemon at a time. */
  readonly stateDir: string;
  readonly clock: Clock;
  /** Ports of this host for instances. */
  readonly ports?: PortRange;
  /** Where port leases are kept, shared by all daemons of this user on this machine. */
  readonly portLeaseDir?: string;
  /** `off` proves death by nonce even where there are cgroups. */
  readonly cgroups?: 'auto' | 'off';
  /** Free disk that preflight asks for, bytes. */
  readonly minFreeBytes?: number;
  readonly logs?: LogBounds;
  readonly snapshots?: SnapshotBounds;
  /** How long `stop` waits for proof after its kill. */
  readonly killTimeoutMs?: number;
  /** What PATH, HOME and the like are taken from. */
  readonly baseEnvironment?: NodeJS.ProcessEnv;
}

const MIB = 2 ** 20;
const DEFAULTS = {
  ports: { from: 21_000, to: 31_999 },
  minFreeBytes: 512 * MIB,
  logs: { partBytes: 16 * MIB, parts: 3, keptInstances: 20 },
  snapshots: { maxEntries: 200_000, maxBytes: 4096 * MIB },
  killTimeoutMs: 10_000,
} as const;

const runtimeOf = (options: ProcessTargetOptions): Runtime => {
  const layout = new Layout(resolve(options.stateDir));
  layout.create();
  const boot = readBootId();
  const self = identityOf(process.pid);
  if (self === undefined) {
    throw new BatonError('proc-missing', 'This process cannot read itself in /proc', {
      hint: 'The process target needs Linux with /proc mounted.',
    });
  }
  const leases = options.portLeaseDir ?? join(tmpdir(), `baton-ports-${userInfo().uid}`);
  return {
    layout,
    clock: options.clock,
    boot,
    self,
    cgroupParent: options.cgroups === 'off' ? undefined : findCgroupParent(),
    baseEnvironment: options.baseEnvironment ?? process.env,
    records: new RecordStore(layout),
    snapshots: new SnapshotStore(layout, options.snapshots ?? DEFAULTS.snapshots, options.clock),
    ports: new PortLeases(leases, options.ports ?? DEFAULTS.ports, boot, self),
    logs: new InstanceLogs(layout, options.logs ?? DEFAULTS.logs),
    starting: new Map(),
    ending: new Map(),
    leaving: new Map(),
  };
};

const required = (runtime: Runtime, instance: InstanceId): InstanceRecord => {
  const stored = runtime.records.read(instance);
  if (stored.kind === 'record') return stored.record;
  throw new BatonError('instance-unknown', `There is no instance ${instance} here`, {
    hint: 'See "baton status" for what there is.',
  });
};

const forget = async (runtime: Runtime, instance: InstanceId): Promise<void> => {
  const stored = runtime.records.read(instance);
  if (stored.kind !== 'record') return;
  const { record, state } = standingOf(runtime, stored.record);
  if (state !== 'dead') {
    throw new BatonError('instance-alive', `Instance ${instance} is ${state} and cannot be forgotten`, {
      hint: 'Stop it first.',
    });
  }
  if (record.boot === runtime.boot) confinementOf(runtime, record).remove();
  for (const port of Object.values(record.ports)) runtime.ports.release(port, instance);
  rmSync(runtime.layout.gate(instance), { force: true });
  runtime.logs.forget(record.service, instance);
  await runtime.records.remove(instance);
};

/**
 * Runs releases as processes of this machine (Linux), without anything installed.
 *
 * A release is a copy (`artefacts/`), a start is written down before it happens (`instances/`), and
 * death is a proof, by cgroup where there is one. Nothing is remembered that can be observed: a new
 * target on the same state directory finds everything again, after a crash and after a reboot.
 * @throws BatonError `proc-missing`
 */
export const processTarget = (options: ProcessTargetOptions): Target => {
  const runtime = runtimeOf(options);
  const { snapshots, records, logs, layout } = runtime;
  const minFreeBytes = options.minFreeBytes ?? DEFAULTS.minFreeBytes;
  return {
    kind: 'process',
    preflight: async (app) => preflight({ ...runtime, minFreeBytes }, app),
    pin: (app, service) => snapshots.pin(app, service),
    artefactExists: (service) => snapshots.isWhole(service.digest),
    observe: (scope) => observeScope(runtime, scope),
    launch: (request) => launch(runtime, request),
    stop: (instance, graceMs) => stop(runtime, instance, graceMs, options.killTimeoutMs ?? DEFAULTS.killTimeoutMs),
    kill: (instance, timeoutMs, proof) => kill(runtime, instance, timeoutMs, proof),
    signal: async (instance, signal) => {
      const { process: main } = required(runtime, instance);
      if (main !== null && isAlive(main)) killProcess(main.pid, signalNamed(signal));
    },
    exec: (instance, command, timeoutMs) => exec(runtime, instance, command, timeoutMs),
    sample: async (instance) => sample(runtime, instance),
    logs: async (instance, sinceMs, limit) => {
      const record = required(runtime, instance);
      return logs.read(record.service, instance, sinceMs, limit, record.death !== null);
    },
    forget: (instance) => forget(runtime, instance),
    prune: async (scope, keep) => {
      const all = records.all().flatMap((stored) => (stored.kind === 'record' ? [stored.record] : []));
      const inUse = all
        .filter((record) => record.death === null)
        .map((record) => record.digest.replace(/^sha256:/, ''));
      logs.prune(new Set(all.map((record) => record.instance)));
      return snapshots.prune(
        scope,
        keep.map((name) => resolve(layout.artefacts, name)),
        new Set(inUse),
      );
    },
  };
};
