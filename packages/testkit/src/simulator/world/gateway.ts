import { BatonError, type HoldBounds, type TrafficConfig, type TrafficObservation } from '@baton/core';
import { LISTEN } from '../scenario.ts';
import type { Happening } from '../scheduler.ts';
import type { SimInstance } from './machine.ts';
import type { SimWorld } from './world.ts';

interface SimHold {
  readonly service: string;
  readonly epoch: number;
  readonly beganAtMs: number;
  /** Of a call that its sender had given up or repeated: only its bound ends it. */
  readonly stray: boolean;
  waiting: number;
  end: Happening;
}

/** How long a request waits for a member that accepts a connection, and how often it looks. */
const MEMBER_WAIT_MS = 5_000;
const MEMBER_ASKED_MS = 100;

const staleEpoch = (epoch: number, seen: number): BatonError =>
  new BatonError('epoch-stale', `epoch ${epoch} is below ${seen}`, { hint: 'Another driver took over.' });

/** The gateway and its clients: configuration, epochs, holds with their bound, and the requests that pass. */
export class SimGateway {
  readonly #world: SimWorld;
  readonly holds = new Map<string, SimHold>();
  config: TrafficConfig | undefined;
  #epoch = 0;
  downUntilMs = 0;
  /** Requests that are being answered, by pool and by service. */
  readonly #inFlight = new Map<string, number>();
  /** What became of the clients' requests. */
  readonly counts = { answered: 0, failed: 0, held: 0, expired: 0 };

  constructor(world: SimWorld) {
    this.#world = world;
  }

  get isDown(): boolean {
    return this.downUntilMs > this.#world.nowMs;
  }

  #check(epoch: number): void {
    if (epoch < this.#epoch) throw staleEpoch(epoch, this.#epoch);
    this.#epoch = epoch;
  }

  observe(scope: string): TrafficObservation {
    // Another app of this host has the address already: the gateway listens there whoever asks.
    if (scope !== this.#world.scope) {
      const routes = [{ id: 'other', listen: LISTEN, path: '/other', pool: 'other', service: 'other' }];
      return { config: { scope, epoch: 1, pools: [], routes, peers: [] }, held: {}, activity: [], peerBase: '' };
    }
    const held: Record<string, number> = {};
    for (const hold of this.holds.values()) held[hold.service] = hold.waiting;
    return { config: this.config, held, activity: [], peerBase: 'http://peers' };
  }

  apply(config: TrafficConfig): void {
    this.#check(config.epoch);
    this.config = config;
    if (!this.#world.stray) this.#world.invariants.handover.routed(config, this.#world.invariants.goal?.reference);
    this.#world.changed();
  }

  hold(epoch: number, services: readonly string[], bounds: HoldBounds): void {
    this.#check(epoch);
    for (const service of services) {
      const before = this.holds.get(service);
      // Idempotent: a hold already there is kept, unless a newer driver asks, whose bounds then count.
      if (before !== undefined && before.epoch >= epoch) continue;
      if (before !== undefined) before.end.cancelled = true;
      const end = this.#world.scheduler.at(bounds.maxMs, `the hold of ${service} ends at its bound`, () => {
        const hold = this.holds.get(service);
        if (hold?.end !== end) return false;
        this.counts.expired += 1;
        this.#end(hold);
        return false;
      });
      const { nowMs: beganAtMs, stray } = this.#world;
      this.holds.set(service, { service, epoch, beganAtMs, stray, waiting: before?.waiting ?? 0, end });
      this.#world.changed();
    }
  }

  #end(hold: SimHold): void {
    hold.end.cancelled = true;
    this.holds.delete(hold.service);
    for (let waiting = hold.waiting; waiting > 0; waiting -= 1) this.#forward(hold.service);
    this.#world.changed();
  }

  release(
    epoch: number,
    services: readonly string[],
    config: TrafficConfig | undefined,
  ): { readonly released: number; readonly maxHeldMs: number } {
    if (config === undefined) this.#check(epoch);
    else this.apply(config);
    let released = 0;
    let maxHeldMs = 0;
    for (const service of services) {
      const hold = this.holds.get(service);
      if (hold === undefined) continue;
      released += hold.waiting;
      maxHeldMs = Math.max(maxHeldMs, this.#world.nowMs - hold.beganAtMs);
      this.#end(hold);
    }
    return { released, maxHeldMs };
  }

  /** Waits until nothing of these is being answered, at most so long. */
  async idle(keys: readonly string[], waitMs: number): Promise<number> {
    const since = this.#world.nowMs;
    const left = (): number => keys.reduce((sum, key) => sum + (this.#inFlight.get(key) ?? 0), 0);
    while (left() > 0 && this.#world.nowMs - since < waitMs)
      await new Promise<void>((resolve) => {
        this.#world.scheduler.at(2, 'the gateway waits for requests in flight', () => {
          resolve();
          return true;
        });
      });
    return left();
  }

  async drain(epoch: number, pool: string, deadlineMs: number): Promise<number> {
    this.#check(epoch);
    return await this.idle([pool], deadlineMs);
  }

  remove(epoch: number): void {
    this.#check(epoch);
    this.config = undefined;
    this.#world.changed();
  }

  /** Connections go with it; configuration, epochs and holds are on its disk. */
  crash(downMs: number): void {
    for (const hold of this.holds.values()) {
      this.counts.failed += hold.waiting;
      hold.waiting = 0;
    }
    this.downUntilMs = this.#world.nowMs + downMs;
    this.#world.changed();
  }

  /** Clients that ask this service now and then, for as long as the simulation lives. */
  serve(service: string): void {
    const { scheduler, random } = this.#world;
    scheduler.at(5 + random.below(2 * this.#world.scenario.paceMs), `a client asks ${service}`, () => {
      this.#arrive(service);
      this.serve(service);
      return false;
    });
  }

  #arrive(service: string): void {
    if (this.config?.routes.some((route) => route.service === service) !== true) return;
    this.#world.changed();
    if (this.isDown) {
      this.counts.failed += 1;
      return;
    }
    const hold = this.holds.get(service);
    if (hold === undefined) return this.#forward(service);
    hold.waiting += 1;
    this.counts.held += 1;
  }

  #forward(service: string, waitedMs = 0): void {
    const pool = this.config?.routes.find((route) => route.service === service)?.pool ?? '';
    const member = this.#memberOf(pool);
    if (member === undefined && waitedMs >= MEMBER_WAIT_MS)
      return this.#failed(service, 'nobody is there to answer it');
    if (member === undefined) {
      this.#world.scheduler.at(MEMBER_ASKED_MS, `a client of ${service} waits for a member`, () => {
        this.#forward(service, waitedMs + MEMBER_ASKED_MS);
        return false;
      });
      return;
    }
    this.#count(pool, service, 1);
    this.#world.scheduler.at(1 + this.#world.random.below(6), `a client of ${service} is answered`, () => {
      this.#count(pool, service, -1);
      this.#world.changed();
      if (!member.alive) this.#failed(service, `${member.id} died over it`);
      else this.counts.answered += 1;
      return false;
    });
  }

  #count(pool: string, service: string, by: number): void {
    for (const key of [pool, service]) this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + by);
  }

  #memberOf(pool: string): SimInstance | undefined {
    const members = this.config?.pools.find((one) => one.id === pool)?.members ?? [];
    for (const address of members) {
      const instance = this.#world.machine.byAddress.get(address);
      if (instance?.alive === true && instance.readyAtMs <= this.#world.nowMs) return instance;
    }
    return undefined;
  }

  #failed(service: string, why: string): void {
    this.counts.failed += 1;
    if (this.#world.isCalm)
      this.#world.invariants.break('no-request-lost', `a request of ${service} failed in a calm life: ${why}`);
  }
}
