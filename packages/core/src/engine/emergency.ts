import { changeBaton } from '../baton/change.ts';
import { type BatonRecord, batonRecordKey } from '../baton/record.ts';
import { BatonError } from '../errors/index.ts';
import type { Scope } from '../names.ts';
import { scopeKey } from '../names.ts';
import type { Json } from '../ports/store.ts';
import type { InstanceObservation } from '../ports/target.ts';
import type { EnginePorts } from './ports.ts';

/** What became of one instance that could have acted. */
export interface StoppedInstance {
  readonly service: string;
  readonly instance: string;
  readonly proof: string | null;
  readonly problem: string | null;
}

export interface EmergencyReport {
  /** Keys of the batons that are latched now. */
  readonly latched: readonly string[];
  readonly instances: readonly StoppedInstance[];
  /** Orders cancelled at the venue by account; a string where that is not known. */
  readonly cancelled: Readonly<Record<string, number | string>>;
  /** True once every instance that could act is proven dead. */
  readonly confirmed: boolean;
}

export interface EmergencyRequest {
  readonly scope: Scope;
  /** Batons to latch, by key. */
  readonly keys: readonly string[];
  /** Services whose instances may act; standbys are killed too. */
  readonly services: ReadonlySet<string>;
  readonly by: string;
  readonly reason: string;
}

const KILL_TIMEOUT_MS = 10_000;
const CAS_TRIES = 50;

/** One compare-and-swap: latch, no holder, token + 1. Tried again only when another wrote in between. */
const latchOne = async (ports: EnginePorts, key: string, request: EmergencyRequest): Promise<void> => {
  for (let attempt = 0; attempt < CAS_TRIES; attempt += 1) {
    const stored = await ports.store.get(batonRecordKey(key));
    if (stored === undefined) return;
    const record = stored.value as unknown as BatonRecord;
    const at = ports.clock.wallMs();
    const latch = { setAt: at, by: request.by, reason: request.reason };
    const changed = changeBaton(record, { kind: 'latch', latch }, record.epoch);
    if (!changed.ok)
      throw new BatonError('baton-refused', `The latch of ${key} could not be set: ${changed.refusal}.`, {
        fault: 'bug',
        hint: 'Kill the traders by hand.',
      });
    const payload = { key, by: request.by, reason: request.reason, token: changed.record.token };
    const result = await ports.store.transact({
      writes: [{ key: batonRecordKey(key), expectedVersion: stored.version, value: changed.record as unknown as Json }],
      append: [{ stream: scopeKey(request.scope), type: 'latch.set', at, payload }],
    });
    if (result.ok) return;
  }
  throw new BatonError('latch-contended', `The latch of ${key} could not be written: others write it without end.`, {
    hint: 'The latch file is set all the same; nothing will be granted.',
  });
};

const killOne = async (ports: EnginePorts, view: InstanceObservation): Promise<StoppedInstance> => {
  const { service, instance } = view;
  try {
    const death = await ports.target.kill(instance, KILL_TIMEOUT_MS);
    return { service, instance, proof: death.method, problem: null };
  } catch (error) {
    return { service, instance, proof: null, problem: error instanceof Error ? error.message : String(error) };
  }
};

/** After the kill: the batons' last holders are proven unable to act, so that `arm` finds them free. */
const proveDead = async (ports: EnginePorts, key: string, stopped: readonly StoppedInstance[]): Promise<void> => {
  const stored = await ports.store.get(batonRecordKey(key));
  const record = stored?.value as unknown as BatonRecord | undefined;
  const dead = stopped.find((one) => one.instance === record?.unproven?.instance);
  if (stored === undefined || record?.unproven == null || dead?.proof == null) return;
  const at = ports.clock.wallMs();
  const death = {
    instance: record.unproven.instance,
    handle: '',
    method: dead.proof,
    weak: false,
    note: 'emergency stop',
    at,
  } as const;
  const changed = changeBaton(
    record,
    { kind: 'prove', proof: { kind: 'death', death: { ...death, method: dead.proof as 'cgroup-empty' } } },
    record.epoch,
  );
  if (!changed.ok) return;
  // Lost to another writer is no harm: the proof can be had again by asking.
  await ports.store.transact({
    writes: [{ key: batonRecordKey(key), expectedVersion: stored.version, value: changed.record as unknown as Json }],
  });
};

/**
 * The emergency stop: latch first, then kill everything that could act, then cancel at the venue. A store
 * that fails is reported after the kills, never instead of them.
 */
export const emergencyStop = async (
  ports: EnginePorts,
  request: EmergencyRequest,
  venues: readonly {
    readonly account: string;
    readonly prefix: string;
    readonly cancelAll: (account: string, prefix: string) => Promise<number | string>;
  }[],
): Promise<EmergencyReport> => {
  const latched: string[] = [];
  const problems: StoppedInstance[] = [];
  for (const key of request.keys) {
    try {
      await latchOne(ports, key, request);
      latched.push(key);
    } catch (error) {
      problems.push({
        service: key,
        instance: '',
        proof: null,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }
  const seen = await ports.target.observe(request.scope);
  if (!seen.known) {
    const blind = { service: '*', instance: '', proof: null, problem: `the target does not answer: ${seen.reason}` };
    return { latched, instances: [...problems, blind], cancelled: {}, confirmed: false };
  }
  // Where the store told nothing of services, an instance still says that it was started to stand by or to act.
  const acting = seen.value.filter((view) => request.services.has(view.service) || view.startedAs !== 'replica');
  const stopped = await Promise.all(acting.map((view) => killOne(ports, view)));
  for (const key of latched) await proveDead(ports, key, stopped).catch(() => undefined);
  const cancelled: Record<string, number | string> = {};
  for (const venue of venues) cancelled[venue.account] = await venue.cancelAll(venue.account, venue.prefix);
  return {
    latched,
    instances: [...stopped, ...problems],
    cancelled,
    confirmed: stopped.every((one) => one.proof !== null),
  };
};
