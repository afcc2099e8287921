import type { BatonRecord, GoalEvent, GoalReference, Holder, TrafficConfig, VenueExposure } from '@baton/core';
import type { SimInstance } from './world/machine.ts';
import type { SimWorld } from './world/world.ts';

/** What the venue answered, as it left the venue. */
interface VenueAnswer {
  readonly open: string | undefined;
  readonly foreign: boolean;
  readonly orders: number;
  readonly positions: number;
  /** The last holder lived when the venue was asked. */
  readonly early: boolean;
}

type Breaks = (invariant: 'no-orphan' | 'what-it-says-is-so' | 'stop-preempts', detail: string) => void;

/** Steps on its way that a driver may have decided on before it heard of a stop. */
const STEPS_AFTER_A_STOP = 4;

/**
 * Promise 3 and the handover's order, judged by what truly is: nothing open is forgotten by a switch, what is handed on
 * is what was last saved, and whoever is granted the baton is granted it on what the venue said after the proof.
 */
export class HandoverWitness {
  readonly #world: SimWorld;
  readonly #break: Breaks;
  readonly #answers = new Map<string, VenueAnswer[]>();
  /** Checkpoints that a driver received, by the instance that gave them. */
  readonly #received = new Map<string, { readonly by: string }>();
  readonly #takenAtMs = new Map<string, number>();
  readonly #lastOrderMs = new Map<string, number>();
  readonly #adopted = new Map<string, { readonly orders: number; readonly positions: number }>();
  #afterStop = 0;

  constructor(world: SimWorld, breaks: Breaks) {
    this.#world = world;
    this.#break = breaks;
  }

  order(account: string, sentAtMs: number): void {
    this.#lastOrderMs.set(account, Math.max(sentAtMs, this.#lastOrderMs.get(account) ?? 0));
  }

  /** Whether the last holder of an account could still send when the venue was asked. */
  isEarly(account: string): boolean {
    const last = this.#world.batons.get(`account/${account}`)?.unproven;
    const instance = last == null ? undefined : this.#world.machine.instances.get(last.instance);
    return instance?.alive === true && instance.record.phase !== 'standby';
  }

  /** A driver has the venue's answer in its hands; undefined where it did not say. */
  venueAnswered(account: string, answer: VenueExposure | undefined, early: boolean): void {
    const orders = (answer?.orders ?? []).map(({ orderId }) => orderId).toSorted();
    const positions = (answer?.positions ?? []).map(({ symbol, quantity }) => `${symbol} ${quantity}`).toSorted();
    const list = this.#answers.get(account) ?? [];
    list.push({
      open: answer === undefined ? undefined : [...orders, ...positions].join(','),
      foreign: (answer?.orders ?? []).some(({ clientId }) => !clientId.startsWith('ours-')),
      orders: orders.length,
      positions: positions.length,
      early,
    });
    this.#answers.set(account, list.slice(-2));
  }

  /** A driver has the answer of a checkpoint in its hands. */
  received(instance: string, by: string): void {
    const giver = this.#world.machine.instances.get(instance);
    if (giver !== undefined && giver.record.phase !== 'active') this.#received.set(instance, { by });
  }

  /** A driver has lost what it was told and had not written down yet: the state before is what remains, and is said to be old. */
  forgotten(by: string): void {
    for (const [instance, received] of this.#received) if (received.by === by) this.#received.delete(instance);
  }

  taken(instance: SimInstance, takenAt: number): void {
    this.#takenAtMs.set(`${instance.id} ${takenAt}`, this.#world.nowMs);
  }

  activated(
    instance: SimInstance,
    passed: { readonly state: unknown; readonly takenAt: number } | undefined,
    stale: boolean,
    adopted: { readonly orders: number; readonly positions: number } | undefined,
  ): void {
    const { account } = instance;
    if (adopted !== undefined) this.#adopted.set(instance.id, adopted);
    if (passed === undefined || stale || account === undefined) return;
    const { of } = passed.state as { readonly of: string };
    const takenAtMs = this.#takenAtMs.get(`${of} ${passed.takenAt}`);
    const sentMs = this.#lastOrderMs.get(account) ?? 0;
    if (takenAtMs !== undefined && sentMs > takenAtMs)
      this.#break(
        'no-orphan',
        `${instance.id} is given a state as the last that is older than an order of its account`,
      );
  }

  /** One baton as it was and as it is committed; `forward`: the open goal, where nothing has turned it back. */
  baton(before: BatonRecord, now: BatonRecord, forward: GoalReference | undefined, by: string): void {
    const account = now.key.slice('account/'.length);
    if (now.checkpoint !== null && now.checkpoint.takenAt !== before.checkpoint?.takenAt) {
      const from = before.holder?.instance;
      if (now.checkpoint.from !== from)
        this.#break(
          'what-it-says-is-so',
          `the state of ${now.checkpoint.from} is recorded, and ${from ?? 'nobody'} held ${now.key}`,
        );
    }
    if (before.holder !== null && now.holder === null) {
      this.#answers.delete(account);
      if (now.latch === null && by.startsWith('daemon'))
        this.#revoked(before, now, forward !== undefined && forward.kind !== 'stop', by);
    }
    if (now.holder !== null && now.holder.instance !== before.holder?.instance) {
      this.#granted(account, now.holder.instance);
      if (forward !== undefined) this.#asOneUnit(now.holder, forward);
    }
  }

  #revoked(before: BatonRecord, now: BatonRecord, isForward: boolean, by: string): void {
    const { machine, venue, scenario } = this.#world;
    const last = before.holder;
    const instance = last === null ? undefined : machine.instances.get(last.instance);
    if (last === null || instance === undefined) return;
    const received = this.#received.get(instance.id);
    if (received?.by === by && now.checkpoint?.from !== instance.id)
      this.#break('no-orphan', `${instance.id} gave its state, and its baton is revoked without it`);
    const shape = scenario.traders.find((one) => one.name === last.service);
    if (!isForward || !instance.alive || instance.record.phase === 'standby' || shape?.stop !== 'http') return;
    const { orders, position } = venue.account(instance.account ?? '');
    if (shape.settle === 'flatten' && orders.size + Math.abs(position) > 0)
      this.#break(
        'no-orphan',
        `${instance.id} is to be flat, and ${orders.size} orders and ${position} are open at its revoke`,
      );
    if (instance.inFlight > 0)
      this.#break('no-orphan', `${instance.inFlight} orders of ${instance.id} are in flight at its revoke`);
  }

  /** Nobody of the new side is granted anything while somebody of the old side still holds. */
  #asOneUnit(holder: Holder, goal: GoalReference): void {
    for (const { service, from } of goal.moves) {
      const other = this.#world.batons.get(`account/account-${service}`)?.holder;
      if (service === holder.service || from === null || other == null) continue;
      if (other.slot === from.slot && other.release === from.release)
        this.#break(
          'what-it-says-is-so',
          `${holder.instance} is granted its baton while ${other.instance} of ${service} still holds on the old side`,
        );
    }
  }

  #granted(account: string, to: string): void {
    const shape = this.#world.scenario.traders.find((one) => `account-${one.name}` === account);
    if (shape?.reconcile !== 'venue') return;
    const [first, second] = this.#answers.get(account) ?? [];
    const why =
      first === undefined || second === undefined
        ? 'the venue was not asked twice'
        : first.open === undefined || second.open === undefined
          ? 'the venue did not answer'
          : first.open !== second.open
            ? 'what is open still changed'
            : second.foreign
              ? 'somebody else trades the account'
              : first.early
                ? 'its last holder could still act when the venue was asked'
                : undefined;
    if (why !== undefined) this.#break('no-orphan', `${to} is granted ${account}, and ${why}`);
  }

  journaled(event: GoalEvent, stopping: boolean): void {
    if (event.type === 'goal.opened' || event.type === 'operator.stopped') this.#afterStop = 0;
    const goesOn =
      event.type === 'baton.granted' ||
      event.type === 'holder.activated' ||
      event.type === 'instance.launched' ||
      (event.type === 'verdict' && event.verdict.passed);
    if (stopping && goesOn) {
      this.#afterStop += 1;
      if (this.#afterStop === STEPS_AFTER_A_STOP)
        this.#break('stop-preempts', `${event.type} so long after a stop was asked for`);
    }
    if (event.type !== 'holder.activated') return;
    const [, told] = this.#answers.get(`account-${event.service}`) ?? [];
    const adopted = this.#adopted.get(event.instance);
    if (told === undefined || told.open === undefined || adopted === undefined) return;
    if (told.orders !== adopted.orders || told.positions !== adopted.positions)
      this.#break(
        'no-orphan',
        `${event.instance} goes on with ${adopted.orders} orders and ${adopted.positions} positions, and the venue showed ${told.orders} and ${told.positions}`,
      );
  }

  /** The addresses of peers as they come into force: each instance finds those of its own release. */
  routed(config: TrafficConfig, goal: GoalReference | undefined): void {
    for (const { prefix, pool } of config.peers) {
      const [, id = '', peer = ''] = prefix.split('/');
      const caller = this.#world.machine.instances.get(id);
      const callerMove = goal?.moves.find((move) => move.service === caller?.service);
      const peerMove = goal?.moves.find((move) => move.service === peer);
      if (caller === undefined || callerMove === undefined || peerMove === undefined) continue;
      const onTo = callerMove.to?.slot === caller.slot && callerMove.to.release === caller.release;
      const own = onTo ? peerMove.to : peerMove.from;
      if (own !== null && !pool.startsWith(`${peer}@${own.slot}:`))
        this.#break(
          'what-it-says-is-so',
          `${id} of ${caller.slot} finds ${peer} at ${pool}, and its own is in ${own.slot}`,
        );
    }
  }
}
