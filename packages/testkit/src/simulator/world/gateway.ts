import { BatonError, type HoldBounds, type TrafficConfig, type TrafficObservation } from '@baton/core';
import type { Happening } from '../scheduler.ts';
import { LISTEN } from '../scenario.ts';
import type { SimWorld } from './world.ts';

interface SimHold {
  readonly service: string;
  readonly epoch: number;
  readonly bounds: HoldBounds;
  readonly beganAtMs: number;
  /** Of a call that its sender had given up or repeated: only its bound ends it. */
  readonly stray: boolean;
  waiting: number;
  end: Happening;
}

const staleEpoch = (epoch: number, seen: number): BatonError =>
  new BatonError('epoch-stale', `epoch ${epoch} is below ${seen}`, { hint: 'Another driver took over.' });

/** The gateway's state, as far as the protocol can see it: configuration, epochs, holds with their bound. */
export class SimGateway {
  readonly #world: SimWorld;
  readonly holds = new Map<string, SimHold>();
  config: TrafficConfig | undefined;
  #epoch = 0;
  downUntilMs = 0;
  /** Holds that ended at their bound, because nobody released them. */
  expired = 0;
  released = 0;
  cut = 0;

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
        this.holds.delete(service);
        this.expired += 1;
        this.#world.changed();
        return false;
      });
      this.holds.set(service, {
        service,
        epoch,
        bounds,
        beganAtMs: this.#world.nowMs,
        stray: this.#world.stray,
        waiting: (before?.waiting ?? 0) + this.#world.random.below(3),
        end,
      });
      this.#world.changed();
    }
  }

  release(epoch: number, services: readonly string[], config: TrafficConfig | undefined): { released: number; maxHeldMs: number } {
    if (config === undefined) this.#check(epoch);
    else this.apply(config);
    let released = 0;
    let maxHeldMs = 0;
    for (const service of services) {
      const hold = this.holds.get(service);
      if (hold === undefined) continue;
      hold.end.cancelled = true;
      this.holds.delete(service);
      released += hold.waiting;
      maxHeldMs = Math.max(maxHeldMs, this.#world.nowMs - hold.beganAtMs);
      this.#world.changed();
    }
    this.released += released;
    return { released, maxHeldMs };
  }

  drain(epoch: number): void {
    this.#check(epoch);
  }

  remove(epoch: number): void {
    this.#check(epoch);
    this.config = undefined;
    this.#world.changed();
  }

  /** Connections go with it; configuration, epochs and holds are on its disk. */
  crash(downMs: number): void {
    for (const hold of this.holds.values()) {
      this.cut += hold.waiting;
      hold.waiting = 0;
    }
    this.downUntilMs = this.#world.nowMs + downMs;
    this.#world.changed();
  }
}
