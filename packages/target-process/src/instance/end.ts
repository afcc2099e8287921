import { setImmediate } from 'node:timers/promises';
import { BatonError, type Clock, type DeathProof, type InstanceId, type KillProof } from '@baton/core';
import { CgroupConfinement, type Confinement, killProcess, NonceConfinement } from '../confinement/index.ts';
import { isAlive } from '../proc/index.ts';
import { handleOf, type InstanceRecord } from './record.ts';
import { bury, confinementOf, noteDeath, proofFor, type Runtime, releasePorts, serviceKey } from './runtime.ts';
import { signalNamed } from './signal-name.ts';
import { standingOf } from './standing.ts';

/**
 * For so long the wait asks every tenth of a millisecond: dying takes some milliseconds, and a timer's
 * shortest is one. The thread sleeps between, because a dying process needs the processor to die: on two
 * cores under load, spinning took 7.5 ms at the median where this takes 4.3.
 */
const TIGHT_MS = 25;
const TIGHT_PAUSE_MS = 0.1;
/** So long nothing else of this process gets its turn: most deaths take less, and a turn may take as long as a death. */
const UNDIVIDED_MS = 3;
const SHORT_MS = 500;
/** Giving memory back takes some milliseconds, and meanwhile another is to be activated. */
const LEAVING_MS = 20;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Asks again and again until it is so or the bound has passed. */
const until = async (clock: Clock, boundMs: number, isSo: () => boolean): Promise<boolean> => {
  const begin = clock.monotonicMs();
  for (;;) {
    if (isSo()) return true;
    const spent = clock.monotonicMs() - begin;
    if (spent >= boundMs) return false;
    if (spent < TIGHT_MS) {
      Atomics.wait(never, 0, 0, TIGHT_PAUSE_MS);
      // Then others get their turn between: this process carries more than this kill.
      if (spent >= UNDIVIDED_MS) await setImmediate();
    } else await clock.sleep(Math.min(boundMs - spent, spent < SHORT_MS ? 1 : 10));
  }
};

const unconfirmed = (instance: string, timeoutMs: number, left: string): BatonError =>
  new BatonError(
    'death-unconfirmed',
    `Instance ${instance} was killed, and after ${timeoutMs} ms is not proven dead: ${left}`,
    {
      hint: 'A process in uninterruptible sleep (state D) ends only when its device answers. Nothing takes over from it until then.',
    },
  );

/**
 * Kills everything of the instance at once and proves that nothing is left.
 * @throws BatonError `death-unconfirmed` where there is no proof within `timeoutMs`
 */
export const kill = async (
  runtime: Runtime,
  instance: InstanceId,
  timeoutMs: number,
  proof: KillProof = 'gone',
): Promise<DeathProof> => {
  const stored = runtime.records.read(instance);
  if (stored.kind !== 'record') return killUnrecorded(runtime, instance, timeoutMs);
  const { record } = stored;
  if (record.death !== null) return record.death;
  if (record.boot !== runtime.boot) return provenBy(standingOf(runtime, record).record, timeoutMs);
  const confinement = confinementOf(runtime, record);
  let empty = false;
  const cannotAct = (): boolean => {
    empty = confinement.end();
    return empty || (proof === 'cannot-act' && confinement.isPastReturn());
  };
  if (!(await until(runtime.clock, timeoutMs, cannotAct)))
    throw unconfirmed(instance, timeoutMs, describe(confinement));
  if (empty) return provenBy(bury(runtime, record, proofFor(runtime, record, confinement)), timeoutMs);
  const buried = noteDeath(runtime, record, exitingProof(runtime, record));
  leave(runtime, record, confinement, timeoutMs);
  return provenBy(buried, timeoutMs);
};

const exitingProof = (runtime: Runtime, record: InstanceRecord): DeathProof => ({
  instance: record.instance,
  handle: handleOf(record),
  method: 'cgroup-exiting',
  weak: false,
  note: 'every thread in its cgroup has PF_EXITING: none runs an instruction of its program again',
  at: runtime.clock.wallMs(),
});

/** What cannot act any more still gives its memory back, and may hold locks and ports until it has. */
const leave = (runtime: Runtime, record: InstanceRecord, confinement: Confinement, timeoutMs: number): void => {
  const left = runtime.clock
    .sleep(LEAVING_MS)
    .then(() => until(runtime.clock, timeoutMs, () => confinement.end()))
    .then(() => {
      releasePorts(runtime, record);
      runtime.leaving.delete(record.instance);
    });
  runtime.leaving.set(record.instance, { service: serviceKey(record), left });
};

const provenBy = (record: InstanceRecord, timeoutMs: number): DeathProof => {
  if (record.death === null) throw unconfirmed(record.instance, timeoutMs, 'it was not buried');
  return record.death;
};

const describe = (confinement: Confinement): string => {
  const pids = confinement.members().map(({ pid }) => pid);
  return pids.length === 0 ? 'its cgroup is not empty' : `pid ${pids.join(', ')} is still there`;
};

/**
 * An instance without a record was never started here, or its record was lost: its nonce says which. The proof uses
 * the nonce up: a start that was on its way meanwhile, in another process too, finds it recorded as dead.
 */
const killUnrecorded = async (runtime: Runtime, instance: InstanceId, timeoutMs: number): Promise<DeathProof> => {
  const gate = runtime.layout.gate(instance);
  const group =
    runtime.cgroupParent === undefined ? undefined : new CgroupConfinement(`${runtime.cgroupParent}/${instance}`);
  const byNonce = new NonceConfinement(instance, gate, undefined);
  const found = (group?.members().length ?? 0) > 0 || byNonce.members().length > 0;
  const isOver = (): boolean => (group?.end() ?? true) && byNonce.end();
  if (!(await until(runtime.clock, timeoutMs, isOver))) throw unconfirmed(instance, timeoutMs, describe(byNonce));
  const at = runtime.clock.wallMs();
  const handle = `unrecorded:${instance}`;
  const note = 'there is no record of a start, and no process carries its nonce';
  const death: DeathProof = found
    ? { instance, handle, method: byNonce.method, weak: true, note: byNonce.note, at }
    : { instance, handle, method: 'never-started', weak: false, note, at };
  // On a full disk it cannot be written down; nor could a start, and none begins without.
  const isFirst = await runtime.records.create(tombstone(runtime, death)).catch(() => true);
  if (!isFirst && runtime.records.read(instance).kind === 'record') return kill(runtime, instance, timeoutMs);
  return death;
};

/** The record of a nonce under which nothing will be started: of no scope, so that nobody observes it. */
const tombstone = (runtime: Runtime, death: DeathProof): InstanceRecord => ({
  version: 1,
  instance: death.instance,
  app: '',
  environment: '',
  service: '',
  slot: 'blue',
  release: 0,
  digest: '',
  replica: 0,
  startedAs: 'replica',
  stopSignal: 'SIGKILL',
  ports: {},
  cgroup: null,
  boot: runtime.boot,
  launcher: runtime.self,
  createdAt: death.at,
  process: null,
  exit: null,
  death,
});

/** Tells the main process first, which may still need its children, then everything else. */
const ask = (record: InstanceRecord, confinement: Confinement): void => {
  const signal = signalNamed(record.stopSignal);
  if (record.process !== null && isAlive(record.process)) killProcess(record.process.pid, signal);
  for (const { pid } of confinement.members()) if (pid !== record.process?.pid) killProcess(pid, signal);
};

/**
 * The stop signal, the grace, then a kill. The grace ends early when the main process has exited.
 * @throws BatonError `death-unconfirmed`
 */
export const stop = async (
  runtime: Runtime,
  instance: InstanceId,
  graceMs: number,
  killTimeoutMs: number,
): Promise<DeathProof> => {
  const stored = runtime.records.read(instance);
  if (stored.kind === 'record' && stored.record.death === null && stored.record.boot === runtime.boot) {
    const { record } = standingOf(runtime, stored.record);
    if (record.death === null) {
      ask(record, confinementOf(runtime, record));
      const main = record.process;
      if (main !== null) await until(runtime.clock, graceMs, () => !isAlive(main));
    }
  }
  return kill(runtime, instance, killTimeoutMs);
};
