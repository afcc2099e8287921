import type { VenueOrder } from '@baton/core';
import { acts, type SimInstance } from './machine.ts';
import type { SimWorld } from './world.ts';

/** An order as the venue has it. */
export interface SimOrder extends VenueOrder {
  readonly token: number;
  readonly sentAtMs: number;
}

export interface SimAccount {
  readonly name: string;
  readonly orders: Map<string, SimOrder>;
  position: number;
  foreign: SimOrder | undefined;
  silentUntilMs: number;
}

/** Longest time between the sending of an order and its landing: below the declared maxInFlightMs. */
const LONGEST_FLIGHT_MS = 110;
const MAX_OPEN = 3;

/**
 * The market, which refuses no token: it is the witness of whoever acts, and the invariants judge what it took.
 */
export class SimVenue {
  readonly #world: SimWorld;
  readonly #accounts = new Map<string, SimAccount>();
  accepted = 0;
  #orders = 0;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  account(name: string): SimAccount {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = { name, orders: new Map(), position: 0, foreign: undefined, silentUntilMs: 0 };
      this.#accounts.set(name, account);
    }
    return account;
  }

  get accounts(): IterableIterator<SimAccount> {
    return this.#accounts.values();
  }

  /** Lets an instance trade for as long as it may act. */
  wake(instance: SimInstance): void {
    if (instance.ticking || instance.account === undefined || !acts(instance)) return;
    instance.ticking = true;
    this.#tick(instance);
  }

  #tick(instance: SimInstance): void {
    const { scheduler, random } = this.#world;
    scheduler.at(
      4 + random.below(2 * this.#world.scenario.paceMs),
      `${instance.service} ${instance.id.slice(-4)} trades`,
      () => {
        instance.ticking = false;
        if (instance.paused || !acts(instance)) return false;
        if (instance.behaviour === 'crashes-when-acting' && random.below(4) === 0) {
          this.#world.machine.end(instance, 'crash');
          return true;
        }
        this.#send(instance);
        this.wake(instance);
        return false;
      },
    );
  }

  #send(instance: SimInstance): void {
    const { scheduler, random } = this.#world;
    const account = this.account(instance.account ?? '');
    this.#orders += 1;
    const token = instance.record.held ?? 0;
    const order: SimOrder = {
      orderId: `o${this.#orders}`,
      clientId: `ours-${this.#orders}`,
      token,
      sentAtMs: this.#world.nowMs,
    };
    instance.inFlight += 1;
    this.#world.changed();
    scheduler.at(1 + random.below(LONGEST_FLIGHT_MS), `order ${order.orderId} under ${token} lands`, () => {
      instance.inFlight -= 1;
      this.accepted += 1;
      if (account.orders.size >= MAX_OPEN) {
        const [oldest] = account.orders.keys();
        if (oldest !== undefined) account.orders.delete(oldest);
        account.position += 1;
      }
      account.orders.set(order.orderId, order);
      this.#world.invariants.handover.order(account.name, order.sentAtMs);
      this.#world.invariants.orderAccepted(account.name, instance, order);
      this.#world.changed();
      return false;
    });
  }

  /** What its own holder cancels and closes. */
  flatten(name: string): void {
    const account = this.account(name);
    account.orders.clear();
    account.position = 0;
    this.#world.changed();
  }
}
