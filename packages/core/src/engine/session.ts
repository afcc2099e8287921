import { type BatonChange, changeBaton } from '../baton/change.ts';
import { type BatonRecord, batonKey, batonRecordKey, emptyBaton } from '../baton/record.ts';
import type { BatonEvidence, BatonView, InstanceView } from '../decide/world.ts';
import { BatonError, invariant } from '../errors/index.ts';
import type { Goal, Side } from '../goal/goal.ts';
import type { Direction, GoalEvent } from '../journal/events.ts';
import { directionOf, type Facts, foldFact } from '../journal/facts.ts';
import type { Known } from '../known.ts';
import { unknown } from '../known.ts';
import type { Exposure } from '../ports/lifecycle.ts';
import type { Json, RecordWrite, StoredRecord } from '../ports/store.ts';
import type { TrafficObservation } from '../ports/traffic.ts';
import type { EnginePorts } from './ports.ts';

interface Versioned {
  readonly record: BatonRecord;
  readonly version: number;
}

/** The driver's right to drive: the lock it holds, whose fencing token is the epoch. */
export interface Mandate {
  readonly lock: string;
  readonly epoch: number;
}

/** One change of one baton, by service. */
export interface ServiceChange {
  readonly service: string;
  readonly change: BatonChange;
}

/**
 * What one driver knows of one goal between two looks at the world. All of it can be lost: facts come back
 * from the journal, records from the store, everything else by looking.
 */
export class Session {
  readonly goal: Goal;
  readonly ports: EnginePorts;
  readonly mandate: Mandate;
  facts: Facts;
  instances: Known<readonly InstanceView[]> = unknown('not looked at yet');
  traffic: Known<TrafficObservation> = unknown('not looked at yet');
  bakeHealthyMs: number;
  readonly #batons = new Map<string, Versioned>();
  readonly #evidence = new Map<string, BatonEvidence>();
  /** Operations whose intent this driver has written. */
  readonly #intended = new Set<string>();
  /** When the holder of a service fell silent, for the figure of the gap. */
  readonly quiescedAt = new Map<string, number>();
  /** The token of the revoke with which the last state of a service was written. */
  readonly savedAt = new Map<string, number>();
  /** What the last holder of a service said when it had settled; journaled with the revoke. */
  readonly settled = new Map<string, { readonly instance: string; readonly exposure: Exposure }>();

  constructor(goal: Goal, ports: EnginePorts, mandate: Mandate, facts: Facts) {
    this.goal = goal;
    this.ports = ports;
    this.mandate = mandate;
    this.facts = facts;
    this.bakeHealthyMs = facts.bakeHealthyMs;
  }

  get direction(): Direction {
    return directionOf(this.facts);
  }

  /** Singletons of the scope by service, whichever side declares them. */
  singletons(): readonly { readonly service: string; readonly side: Side }[] {
    const moving = this.goal.moves.flatMap((move) => {
      const side = move.to ?? move.from;
      return side === null ? [] : [{ service: move.service, side }];
    });
    return [...moving, ...this.goal.kept.map((kept) => ({ service: kept.service, side: kept }))].filter(
      ({ side }) => side.pinned.spec.role === 'singleton',
    );
  }

  sideOf(service: string, slot: string, release: number): Side | undefined {
    const sides = [
      ...this.goal.moves.filter((move) => move.service === service).flatMap((move) => [move.to, move.from]),
      ...this.goal.kept.filter((kept) => kept.service === service),
    ];
    return sides.find((side) => side?.slot === slot && side.release === release) ?? undefined;
  }

  keyOf(service: string): string {
    const account = this.singletons().find((one) => one.service === service)?.side.pinned.spec.singleton?.account;
    return batonKey(this.goal.scope, service, account);
  }

  async readBatons(): Promise<void> {
    for (const { service } of this.singletons()) {
      const key = this.keyOf(service);
      const stored = await this.ports.store.get(batonRecordKey(key));
      this.#batons.set(service, this.#versioned(key, stored));
    }
  }

  #versioned(key: string, stored: StoredRecord | undefined): Versioned {
    const record = stored === undefined ? emptyBaton(key) : (stored.value as unknown as BatonRecord);
    const latch = record.latch ?? this.ports.latchOf(this.goal.scope);
    return { record: { ...record, latch }, version: stored?.version ?? 0 };
  }

  baton(service: string): BatonRecord {
    const known = this.#batons.get(service);
    invariant(known !== undefined, `the baton of ${service} was read before it is used`);
    return known.record;
  }

  batons(): Readonly<Record<string, BatonView>> {
    const views: Record<string, BatonView> = {};
    for (const [service, { record }] of this.#batons) {
      views[service] = { record, evidence: this.#evidence.get(service) ?? {} };
    }
    return views;
  }

  evidence(service: string): BatonEvidence {
    return this.#evidence.get(service) ?? {};
  }

  note(service: string, evidence: BatonEvidence): void {
    this.#evidence.set(service, { ...this.evidence(service), ...evidence });
  }

  /** A holder that acts begins anew: what was gathered of the one before says nothing of its own end. */
  forget(service: string): void {
    const { held } = this.evidence(service);
    this.#evidence.set(service, held === undefined ? {} : { held });
    this.settled.delete(service);
  }

  /** Replaces one instance in what was last seen, with what an action has just been told. */
  patch(instance: string, change: Partial<InstanceView>): void {
    if (!this.instances.known) return;
    const value = this.instances.value.map((view) => (view.instance === instance ? { ...view, ...change } : view));
    this.instances = { known: true, value };
  }

  /** Appends to the journal under this driver's epoch; durable when it resolves. */
  async record(...events: readonly GoalEvent[]): Promise<void> {
    await this.commit([], events);
  }

  /** Once for each operation of this driver: what is about to be done, before it is done. */
  async intend(action: string, subject: string): Promise<void> {
    const intent = this.intentOf(action, subject);
    if (!this.#intended.has(intent.operation)) await this.record(intent);
  }

  /** An intent to be written together with a change that leads to it, where a write of its own would cost time. */
  intentOf(action: string, subject: string): Extract<GoalEvent, { type: 'intent' }> {
    const operation = `${this.goal.generation}/${this.direction}/${action}/${subject}`;
    return { type: 'intent', operation, action, subject };
  }

  /**
   * Changes batons and journals it, in one transaction: all of it or nothing.
   * @throws BatonError `baton-refused` when a rule forbids it, `baton-moved` when another wrote first
   */
  async change(
    changes: readonly ServiceChange[],
    events: (records: ReadonlyMap<string, BatonRecord>) => readonly GoalEvent[],
  ): Promise<void> {
    const next = new Map<string, BatonRecord>();
    const writes: RecordWrite[] = [];
    for (const { service, change } of changes) {
      const current = this.#batons.get(service);
      invariant(current !== undefined, `the baton of ${service} was read before it is changed`);
      const result = changeBaton(current.record, change, this.mandate.epoch, this.goal.scope);
      if (!result.ok) {
        throw new BatonError('baton-refused', `The baton of ${service} refuses to ${change.kind}: ${result.refusal}.`, {
          hint: 'Run "baton status" to see who holds it; nothing was changed.',
        });
      }
      next.set(service, result.record);
      writes.push({
        key: batonRecordKey(result.record.key),
        expectedVersion: current.version,
        value: result.record as unknown as Json,
      });
    }
    await this.commit(writes, events(next));
    for (const [service, record] of next) {
      const version = (this.#batons.get(service)?.version ?? 0) + 1;
      this.#batons.set(service, { record, version });
    }
  }

  async commit(writes: readonly RecordWrite[], events: readonly GoalEvent[]): Promise<void> {
    const { store, clock } = this.ports;
    const at = clock.wallMs();
    const append = events.map((event) => {
      const { type, ...payload } = event;
      return {
        stream: this.goal.scope,
        type,
        at,
        payload: { ...payload, generation: this.goal.generation } as unknown as Json,
      };
    });
    const fence = { lock: this.mandate.lock, fencingToken: this.mandate.epoch };
    const result = await store.transact({ writes, append, fence });
    if (!result.ok) {
      if (result.reason === 'fenced') {
        throw new BatonError(
          'driver-replaced',
          `Another driver took over ${this.goal.scope} (epoch ${result.current}).`,
          {
            hint: 'This one has stopped driving. Watch the other with "baton monitor".',
          },
        );
      }
      await this.readBatons();
      throw new BatonError('baton-moved', `"${result.key}" was changed by another while this step was prepared.`, {
        hint: 'The step is decided again from what is there now.',
      });
    }
    for (const event of events) {
      if (event.type === 'intent') this.#intended.add(event.operation);
      this.facts = foldFact(this.facts, event);
      this.ports.emit(this.goal.scope, event);
    }
  }
}
