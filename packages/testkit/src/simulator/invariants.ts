import {
  type BatonRecord,
  emptyBaton,
  type GoalEvent,
  type GoalReference,
  type JournalEntry,
  type Json,
  type LaunchRequest,
  type Release,
  releaseRecordKey,
  type Transaction,
} from '@baton/core';
import { HandoverWitness } from './handover-witness.ts';
import type { SimProcess } from './sim-process.ts';
import { acts, type SimInstance } from './world/machine.ts';
import type { SimOrder } from './world/venue.ts';
import type { SimWorld } from './world/world.ts';

/** What must hold at every step of every life, whatever failed. The names are those of the table of seeded bugs. */
export const INVARIANTS = [
  'at-most-one-acts',
  'only-the-holder-acts',
  'no-order-below-highest-granted-token',
  'intent-precedes-effect',
  'effect-once-per-operation',
  'every-deployment-ends',
  'resume-converges',
  'latched-nothing-acts',
  'no-held-request-forgotten',
  'old-release-exists-until-bake-ended',
  'journal-chain-verifies',
  'tokens-never-reused',
  'grant-only-after-proof',
  'no-grant-beside-a-stranger',
  'at-most-one-open-goal',
  'no-request-lost',
  'what-it-says-is-so',
  'no-internal-rule-broken',
  'no-orphan',
  'stop-preempts',
  'only-who-drives-writes',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface BrokenInvariant {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** Something that a driver made happen outside of the store. */
export type Effect =
  | { readonly kind: 'launch'; readonly instance: string; readonly request: LaunchRequest; readonly by: SimProcess }
  | { readonly kind: 'exec'; readonly instance: string; readonly hook: string; readonly by: SimProcess }
  | { readonly kind: 'prune'; readonly keep: readonly string[]; readonly by: SimProcess }
  | {
      readonly kind:
        | 'kill'
        | 'stop'
        | 'activate'
        | 'quiesce'
        | 'settle'
        | 'checkpoint'
        | 'deactivate'
        | 'hold'
        | 'route';
      /** The instance, or the services of a hold. */
      readonly instance: string;
      readonly by: SimProcess;
    };

/** The open goal as its journal tells of it, folded here apart from the core's own fold. */
interface OpenGoal {
  readonly generation: number;
  readonly openedAtMs: number;
  readonly reference: GoalReference;
  failed: boolean;
  bakePassed: boolean;
  switched: boolean;
  stopping: boolean;
  /** An emergency stop came while it was open. */
  latched: boolean;
}

export class Invariants {
  readonly #world: SimWorld;
  broken: BrokenInvariant | undefined;
  readonly handover: HandoverWitness;
  goal: OpenGoal | undefined;
  goalsOpened = 0;
  readonly outcomes = new Map<string, number>();
  readonly #intents = new Set<string>();
  /** The highest token that was ever granted, and the highest that was ever seen, by account. */
  readonly #granted = new Map<string, number>();
  readonly #tokens = new Map<string, number>();
  readonly #grantedTo = new Map<string, number>();
  /** When the token of each account last changed. */
  readonly #changedAtMs = new Map<string, number>();
  readonly #activatedUnder = new Map<number, string>();
  /** By whom each instance was activated whose activation is not journaled yet. */
  readonly #activating = new Map<string, string>();
  readonly #hooksRun = new Set<string>();
  #checkedVersion = -1;

  constructor(world: SimWorld) {
    this.#world = world;
    this.handover = new HandoverWitness(world, (invariant, detail) => this.break(invariant, detail));
  }

  break(invariant: Invariant, detail: string): void {
    if (this.broken !== undefined) return;
    this.broken = { invariant, detail };
    this.#world.scheduler.note(`BROKEN ${invariant}: ${detail}`);
  }

  /** After each happening that changed something. */
  afterStep(): void {
    const { version, machine, batons, stoppedAtMs } = this.#world;
    if (version === this.#checkedVersion) return;
    this.#checkedVersion = version;
    const acting = new Map<string, SimInstance>();
    for (const instance of machine.instances.values()) {
      if (!instance.alive || instance.account === undefined || !acts(instance)) continue;
      const other = acting.get(instance.account);
      if (other !== undefined)
        this.break('at-most-one-acts', `${instance.id} and ${other.id} may both act on ${instance.account}`);
      acting.set(instance.account, instance);
      const record = batons.get(`account/${instance.account}`);
      if (record?.holder?.instance !== instance.id && record?.unproven?.instance !== instance.id)
        this.break(
          'only-the-holder-acts',
          `${instance.id} may act on ${instance.account}, and the record does not name it`,
        );
      if (stoppedAtMs !== undefined)
        this.break(
          'latched-nothing-acts',
          `${instance.id} may act ${this.#world.nowMs - stoppedAtMs} ms after STOPPED`,
        );
    }
  }

  orderAccepted(account: string, instance: SimInstance, order: SimOrder): void {
    const highest = this.#granted.get(`account/${account}`) ?? 0;
    if (order.token < highest)
      this.break(
        'no-order-below-highest-granted-token',
        `${order.orderId} of ${instance.id} under ${order.token} landed after ${highest} had been granted`,
      );
    const { stoppedAtMs } = this.#world;
    if (stoppedAtMs !== undefined && order.sentAtMs > stoppedAtMs)
      this.break('latched-nothing-acts', `${order.orderId} was sent after STOPPED`);
  }

  activated(instance: SimInstance, token: number): void {
    const before = this.#activatedUnder.get(token);
    const key = `${instance.account ?? ''} ${instance.id}`;
    if (before !== undefined && before !== key && before.startsWith(`${instance.account ?? ''} `))
      this.break('effect-once-per-operation', `token ${token} activated ${before} and ${key}`);
    this.#activatedUnder.set(token, key);
  }

  effect(effect: Effect): void {
    switch (effect.kind) {
      case 'launch':
        if (effect.request.startAs.kind === 'holder') this.#activating.set(effect.instance, effect.by.name);
        this.#intended(`launch/${effect.instance}`, effect);
        if (
          (this.#world.machine.starts.get(effect.instance) ?? 0) > 0 &&
          !this.#world.machine.instances.has(effect.instance)
        )
          this.break('effect-once-per-operation', `${effect.instance} is started a second time`);
        return;
      case 'kill':
        if (this.#isLatched() || effect.by.name.startsWith('command') || this.#undoes(effect)) return;
        this.#intended(`stand-down/${effect.instance}`, effect);
        return;
      case 'deactivate':
        if (!this.#grantedTo.has(effect.instance)) this.#intended(`stand-down/${effect.instance}`, effect);
        return;
      case 'stop':
        this.#stopped(effect.instance);
        return;
      case 'activate':
        if (!this.#grantedTo.has(effect.instance))
          this.break('intent-precedes-effect', `${effect.instance} is activated, and no grant names it`);
        this.#activating.set(effect.instance, effect.by.name);
        return;
      case 'exec':
        this.#hook(effect.instance, effect.hook);
        return;
      case 'quiesce':
      case 'settle':
        this.#intended(`release-holder/${effect.instance}`, effect);
        return;
      case 'hold':
        this.#intended(`hold/${effect.instance}`, effect);
        return;
      case 'route':
        if (![...this.#intents].some((intent) => intent.startsWith('route/')))
          this.break('intent-precedes-effect', 'the routes move, and no intent says so');
        return;
      case 'prune':
        // One that was replaced while it was paused removes by what it had read: of two daemons on one host none is promised.
        if (!effect.by.replaced) this.#pruned(effect.keep);
        return;
      case 'checkpoint':
        return;
    }
  }

  /** Whoever activated it and then reads that the record has moved kills it at once: that is of the grant's intent. */
  #undoes({ instance, by }: { readonly instance: string; readonly by: SimProcess }): boolean {
    if (this.#activating.get(instance) !== by.name) return false;
    return ![...this.#world.batons.values()].some((record) => record.holder?.instance === instance);
  }

  #hook(instance: string, hook: string): void {
    if (hook !== 'quiesce' && hook !== 'settle') return;
    if (!this.#intents.has(`release-holder/${instance}`))
      this.break('intent-precedes-effect', `the ${hook} hook of ${instance} runs, and no intent says so`);
    if (this.#hooksRun.has(`${hook}/${instance}`))
      this.break('effect-once-per-operation', `the ${hook} hook of ${instance} runs again after it is journaled`);
  }

  #isLatched(): boolean {
    return this.#world.latchFile !== null || [...this.#world.batons.values()].some((record) => record.latch !== null);
  }

  #intended(intent: string, effect: Effect): void {
    if (this.#intents.has(intent)) return;
    this.break('intent-precedes-effect', `${effect.by.name} does ${intent} before its intent is in the journal`);
  }

  #stopped(id: string): void {
    const instance = this.#world.machine.instances.get(id);
    if (instance === undefined) return;
    const place = `${instance.service}@${instance.slot}`;
    if (!this.#intents.has(`retire/${place}`) && !this.#intents.has(`release-holder/${id}`))
      this.break('intent-precedes-effect', `${id} of ${place} is stopped before its intent is in the journal`);
    const { goal } = this;
    const isReplica = instance.startedAs === 'replica';
    if (goal === undefined || !instance.alive || (!goal.switched && !isReplica)) return;
    if (this.#isOld(goal, instance.service, instance.slot, instance.release))
      this.break('old-release-exists-until-bake-ended', `${id} of ${place} is stopped before the bake has ended`);
  }

  /** What the open goal may still have to go back to. */
  #isOld(goal: OpenGoal, service: string, slot: string, release: number): boolean {
    if (goal.bakePassed || goal.failed || goal.stopping || goal.reference.kind === 'stop') return false;
    return goal.reference.moves.some(
      (move) =>
        move.service === service && move.to !== null && move.from?.slot === slot && move.from.release === release,
    );
  }

  /** Copies of every release that the open goal names, or that is live, are kept. */
  #pruned(keep: readonly string[]): void {
    const { reference } = this.goal ?? {};
    const named = [...(reference?.moves ?? []).flatMap(({ from, to }) => [from, to]), ...(reference?.kept ?? [])];
    for (const placed of named) {
      if (placed === null) continue;
      const row = this.#world.store.state.records.get(releaseRecordKey(this.#world.scope, placed.release));
      const release = row === undefined ? undefined : (JSON.parse(row.text) as Release);
      for (const { artefact } of Object.values(release?.services ?? {}))
        if (!keep.includes(artefact) && this.#world.machine.artefacts.has(artefact))
          this.break(
            'old-release-exists-until-bake-ended',
            `the copy ${artefact} is removed, and the open goal names it`,
          );
    }
    for (const { service, digest } of this.#world.machine.instances.values())
      if (!keep.some((artefact) => digest === `sha256:${artefact}`) && this.#isLive(service, digest))
        this.break('old-release-exists-until-bake-ended', `the copy of ${service} that is live is removed`);
  }

  #isLive(service: string, digest: string): boolean {
    return this.#world.machine.living(service).some((instance) => instance.digest === digest && acts(instance));
  }

  /** After a transaction that was committed: what it says is judged against what is truly there. */
  committed(
    transaction: Transaction,
    entries: readonly JournalEntry[],
    before: readonly (Json | undefined)[],
    process: SimProcess,
  ): void {
    const by = process.name;
    this.#fenced(process);
    (transaction.writes ?? []).forEach(({ key, value }, index) => {
      if (key.startsWith('baton/'))
        this.#baton(before[index] as unknown as BatonRecord, value as unknown as BatonRecord, by);
    });
    for (const { type, payload } of entries) {
      if (type === 'latch.set' && this.goal !== undefined) this.goal.latched = true;
      const said = payload as unknown as { readonly generation?: number };
      this.#journaled({ type, ...said } as unknown as GoalEvent, said.generation ?? 0);
    }
  }

  /** Of the daemons, only the one whose lock it is at this moment. */
  #fenced({ name, boot, pid }: SimProcess): void {
    const { scope, store } = this.#world;
    const owner = store.state.locks.get(`driver/${scope}`)?.owner;
    if (name.startsWith('daemon') && owner !== `host ${boot} ${pid}`)
      this.break('only-who-drives-writes', `${name} writes, and ${owner ?? 'nobody'} has the lock`);
  }

  #baton(was: BatonRecord | undefined, now: BatonRecord, by: string): void {
    const before = was ?? emptyBaton(now.key);
    const isForward = this.goal?.failed === false && !this.goal.stopping;
    this.handover.baton(before, now, isForward ? this.goal?.reference : undefined, by);
    const { key } = now;
    this.#world.batons.set(key, now);
    const seen = this.#tokens.get(key) ?? 0;
    this.#tokens.set(key, Math.max(seen, now.token));
    const sinceMs = this.#changedAtMs.get(key) ?? 0;
    if (now.token !== before.token) this.#changedAtMs.set(key, this.#world.nowMs);
    if (now.token < seen) this.break('tokens-never-reused', `the token of ${key} falls from ${seen} to ${now.token}`);
    const { holder } = now;
    if (holder === null || holder.instance === before.holder?.instance) return;
    if (now.token <= seen)
      this.break('tokens-never-reused', `token ${now.token} of ${key} is granted, and ${seen} was seen`);
    if (before.latch !== null || now.latch !== null)
      this.break('latched-nothing-acts', `${key} is granted to ${holder.instance} while its latch is set`);
    this.#granted.set(key, now.token);
    this.#grantedTo.set(holder.instance, now.token);
    this.#proven(key, holder.instance, before);
    this.#noStranger(key, sinceMs);
  }

  /** The venue is read after the last revoke: an order of a stranger that stood all that time was there to be seen. */
  #noStranger(key: string, sinceMs: number): void {
    const shape = this.#world.scenario.traders.find(({ name }) => key === `account/account-${name}`);
    if (shape?.reconcile !== 'venue') return;
    const { foreign } = this.#world.venue.account(`account-${shape.name}`);
    if (foreign !== undefined && foreign.sentAtMs <= sinceMs)
      this.break(
        'no-grant-beside-a-stranger',
        `${key} is granted while ${foreign.clientId} stands there since before the revoke`,
      );
  }

  /** True death, not what was said of it. */
  #proven(key: string, next: string, before: BatonRecord): void {
    const last = before.holder ?? before.unproven;
    const old = last === null ? undefined : this.#world.machine.instances.get(last.instance);
    if (old?.alive === true && old.id !== next)
      this.break('grant-only-after-proof', `${key} is granted to ${next} while ${old.id}, its last holder, lives`);
    if (old?.alive && before.holder === null && old.record.floor < before.token && old.startedAs === 'standby')
      this.break(
        'grant-only-after-proof',
        `${key} is granted to ${next} again, and its floor is ${old.record.floor}, below ${before.token}`,
      );
    for (const instance of this.#world.machine.instances.values())
      if (instance.account !== undefined && key === `account/${instance.account}` && acts(instance))
        this.break('grant-only-after-proof', `${key} is granted to ${next} while ${instance.id} may act`);
  }

  #journaled(event: GoalEvent, generation: number): void {
    const { goal } = this;
    this.handover.journaled(event, goal?.stopping === true);
    switch (event.type) {
      case 'goal.opened':
        if (goal !== undefined)
          this.break('at-most-one-open-goal', `goal ${generation} is opened while ${goal.generation} is open`);
        this.goalsOpened += 1;
        this.goal = {
          generation,
          openedAtMs: this.#world.nowMs,
          reference: event.goal,
          failed: false,
          bakePassed: false,
          switched: false,
          stopping: false,
          latched: false,
        };
        return;
      case 'intent':
        this.#intents.add(`${event.action}/${event.subject}`);
        return;
      case 'holder.activated':
        this.#activating.delete(event.instance);
        return;
      case 'hook.ran':
        this.#hooksRun.add(`${event.hook}/${event.instance}`);
        return;
      case 'verdict':
        if (goal === undefined) return;
        if (!event.verdict.passed) goal.failed = true;
        else if (event.verdict.check === 'bake') goal.bakePassed = true;
        return;
      case 'operator.stopped':
        if (goal !== undefined) goal.stopping = true;
        return;
      case 'operator.aborted':
        if (goal !== undefined && !goal.bakePassed) goal.failed = true;
        return;
      case 'traffic.switched':
        if (goal === undefined) return;
        goal.switched = true;
        this.#nobodyHeld('the traffic has been switched');
        return;
      case 'slot.retired':
        this.#retired(event.service, event.slot);
        return;
      case 'goal.closed':
        this.outcomes.set(event.outcome, (this.outcomes.get(event.outcome) ?? 0) + 1);
        if (event.outcome !== 'needs-operator') this.#nobodyHeld(`the goal has ended ${event.outcome}`);
        this.#closed(event.outcome);
        this.goal = undefined;
        return;
      default:
        return;
    }
  }

  #nobodyHeld(since: string): void {
    for (const hold of this.#world.gateway.holds.values())
      if (!hold.stray && hold.beganAtMs >= (this.goal?.openedAtMs ?? 0))
        this.break('no-held-request-forgotten', `requests of ${hold.service} are held although ${since}`);
  }

  #retired(service: string, slot: string): void {
    const { goal } = this;
    const old = goal?.reference.moves.find((move) => move.service === service)?.from;
    if (goal === undefined || old?.slot !== slot) return;
    if (this.#isOld(goal, service, slot, old.release))
      this.break('old-release-exists-until-bake-ended', `${service}@${slot} is retired before the bake has ended`);
  }

  /** A goal says how it ended: that is so at this moment, as far as the drivers can have a hand in it. */
  #closed(outcome: string): void {
    const { goal } = this;
    if (goal === undefined || (outcome !== 'committed' && outcome !== 'rolled-back' && outcome !== 'stopped')) return;
    // Whoever stopped everything at once was told so, also where it was armed again since.
    if (goal.latched || this.#isLatched()) return;
    const { traders } = this.#world.scenario;
    for (const move of goal.reference.moves) {
      if (!traders.some((shape) => shape.name === move.service)) continue;
      const wanted = outcome === 'committed' ? move.to : outcome === 'rolled-back' ? move.from : null;
      const { holder } = this.#world.batons.get(`account/account-${move.service}`) ?? { holder: null };
      if (
        wanted === null
          ? holder !== null && outcome === 'stopped'
          : holder?.slot !== wanted.slot || holder.release !== wanted.release
      )
        this.break(
          'what-it-says-is-so',
          `${outcome}, and ${move.service} is held by ${holder?.slot ?? 'nobody'} ${holder?.release ?? ''}`,
        );
    }
  }
}
