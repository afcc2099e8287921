import { changeBaton } from '../baton/change.ts';
import { type BatonRecord, batonRecordKey, emptyBaton } from '../baton/record.ts';
import { BatonError } from '../errors/index.ts';
import type { Scope } from '../names.ts';
import { scopeKey } from '../names.ts';
import type { Json } from '../ports/store.ts';
import type { DeathProof, InstanceObservation } from '../ports/target.ts';
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
  /** How long an order of whoever is killed may be on its way to the venue. */
  readonly maxInFlightMs: number;
  readonly by: string;
  readonly reason: string;
}

/** An account of these batons at its venue. */
export interface EmergencyVenue {
  readonly account: string;
  readonly prefix: string;
  /** How many orders it cancelled; why that is not known. */
  readonly cancelAll: (account: string, prefix: string) => Promise<number | string>;
}

const KILL_TIMEOUT_MS = 10_000;
const CAS_TRIES = 50;
/** How often the target is asked who is there; each look kills whom the one before could not see. */
const LOOKS = 3;

/**
 * One compare-and-swap: latch, no holder, token + 1. Tried again only when another wrote in between. A baton that
 * nobody was ever granted is latched too: its first grant may be on its way.
 */
const latchOne = async (ports: EnginePorts, key: string, request: EmergencyRequest): Promise<BatonRecord> => {
  for (let attempt = 0; attempt < CAS_TRIES; attempt += 1) {
    const stored = await ports.store.get(batonRecordKey(key));
    const record = (stored?.value as unknown as BatonRecord | undefined) ?? emptyBaton(key);
    const at = ports.clock.wallMs();
    const latch = { setAt: at, by: request.by, reason: request.reason };
    const changed = changeBaton(record, { kind: 'latch', latch }, record.epoch);
    if (!changed.ok)
      throw new BatonError('baton-refused', `The latch of ${key} could not be set: ${changed.refusal}.`, {
        fault: 'bug',
        hint: 'Kill the traders by hand.',
      });
    const payload = { key, by: request.by, reason: request.reason, token: changed.record.token };
    const expectedVersion = stored?.version ?? 0;
    const result = await ports.store.transact({
      writes: [{ key: batonRecordKey(key), expectedVersion, value: changed.record as unknown as Json }],
      append: [{ stream: scopeKey(request.scope), type: 'latch.set', at, payload }],
    });
    if (result.ok) return changed.record;
  }
  throw new BatonError('latch-contended', `The latch of ${key} could not be written: others write it without end.`, {
    hint: 'The latch file is set all the same; nothing will be granted.',
  });
};

/** An instance to be killed, by whatever told of it: the target, or a baton that names it. */
type Actor = Pick<InstanceObservation, 'service' | 'instance'>;

interface Killed extends StoppedInstance {
  readonly death?: DeathProof;
}

const killOne = async (ports: EnginePorts, { service, instance }: Actor): Promise<Killed> => {
  try {
    const death = await ports.target.kill(instance, KILL_TIMEOUT_MS);
    return { service, instance, proof: death.method, problem: null, death };
  } catch (error) {
    return { service, instance, proof: null, problem: error instanceof Error ? error.message : String(error) };
  }
};

/**
 * Kills until a look finds nobody that was not killed: what was being started during the first look is there in
 * the next.
 */
const killAll = async (
  ports: EnginePorts,
  request: EmergencyRequest,
  named: readonly Actor[],
): Promise<{ readonly killed: readonly Killed[]; readonly blind: string | undefined }> => {
  const killed = new Map<string, Killed>();
  for (let look = 0; look < LOOKS; look += 1) {
    const seen = await ports.target.observe(request.scope);
    // Where the store told nothing of services, an instance still says that it was started to stand by or to act.
    const acting = (seen.known ? seen.value : []).filter(
      (view) => request.services.has(view.service) || view.startedAs !== 'replica',
    );
    const left = [...acting, ...named].filter(({ instance }) => killed.get(instance)?.death === undefined);
    const wanted = [...new Map(left.map((one): [string, Actor] => [one.instance, one])).values()];
    for (const one of await Promise.all(wanted.map(async (actor) => await killOne(ports, actor))))
      killed.set(one.instance, one);
    if (!seen.known) return { killed: [...killed.values()], blind: seen.reason };
    if (wanted.length === 0) break;
  }
  return { killed: [...killed.values()], blind: undefined };
};

/** After the kill: the batons' last holders are proven unable to act, so that `arm` finds them free. */
const proveDead = async (
  ports: EnginePorts,
  key: string,
  request: EmergencyRequest,
  killed: readonly Killed[],
): Promise<void> => {
  const stored = await ports.store.get(batonRecordKey(key));
  const record = stored?.value as unknown as BatonRecord | undefined;
  const death = killed.find((one) => one.instance === record?.unproven?.instance)?.death;
  if (stored === undefined || record?.unproven == null || death === undefined) return;
  const proof = { kind: 'death', death } as const;
  const changed = changeBaton(record, { kind: 'prove', proof }, record.epoch);
  if (!changed.ok) return;
  const payload = { key, service: record.unproven.service, proof, reconciled: 'not reconciled: an emergency stop' };
  const at = ports.clock.wallMs();
  const append = [{ stream: scopeKey(request.scope), type: 'baton.proven', at, payload: payload as unknown as Json }];
  // Lost to another writer is no harm: the proof can be had again by asking.
  await ports.store.transact({
    writes: [{ key: batonRecordKey(key), expectedVersion: stored.version, value: changed.record as unknown as Json }],
    append,
  });
};

const cancelEverywhere = async (venues: readonly EmergencyVenue[]): Promise<Record<string, number | string>> => {
  const cancelled: Record<string, number | string> = {};
  for (const venue of venues) {
    cancelled[venue.account] = await venue
      .cancelAll(venue.account, venue.prefix)
      .catch((error: unknown) => `unknown: ${error instanceof Error ? error.message : String(error)}`);
  }
  return cancelled;
};

/** The last word counts where one of the two is not known. */
const add = (cancelled: Record<string, number | string>, more: Record<string, number | string>): void => {
  for (const [account, count] of Object.entries(more)) {
    const before = cancelled[account];
    cancelled[account] = typeof before === 'number' && typeof count === 'number' ? before + count : count;
  }
};

/**
 * The emergency stop: latch first, then kill everything that could act, then cancel at the venue, and once more when
 * what was on its way has landed. A store that fails is reported after the kills, never instead of them.
 */
export const emergencyStop = async (
  ports: EnginePorts,
  request: EmergencyRequest,
  venues: readonly EmergencyVenue[],
): Promise<EmergencyReport> => {
  const latched: string[] = [];
  const named: Actor[] = [];
  const problems: StoppedInstance[] = [];
  for (const key of request.keys) {
    try {
      const { unproven } = await latchOne(ports, key, request);
      latched.push(key);
      // Killed by name as well: the target may not list it, and another environment may trade the same account.
      if (unproven !== null) named.push(unproven);
    } catch (error) {
      problems.push({
        service: key,
        instance: '',
        proof: null,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }
  const { killed, blind } = await killAll(ports, request, named);
  const cancelled = blind === undefined ? await cancelEverywhere(venues) : {};
  if (killed.length > 0 && request.maxInFlightMs > 0) {
    // Bytes in a socket's buffer outlive a SIGKILL: what lands now is cancelled too, and only then is the proof whole.
    await ports.clock.sleep(request.maxInFlightMs);
    if (blind === undefined) add(cancelled, await cancelEverywhere(venues));
  }
  for (const key of latched) await proveDead(ports, key, request, killed).catch(() => undefined);
  const stopped = killed.map(({ service, instance, proof, problem }) => ({ service, instance, proof, problem }));
  if (blind !== undefined) {
    const unseen = { service: '*', instance: '', proof: null, problem: `the target does not answer: ${blind}` };
    return { latched, instances: [...stopped, ...problems, unseen], cancelled: {}, confirmed: false };
  }
  return {
    latched,
    instances: [...stopped, ...problems],
    cancelled,
    confirmed: stopped.every((one) => one.proof !== null),
  };
};
