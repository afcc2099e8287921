import type { InstanceId, LaunchRequest, Slot } from '@baton/core';
import { type Beginning, beginning, ending, type LifecycleRecord, mayAct } from '@baton/sdk/lifecycle-state';
import type { Behaviour } from '../scenario.ts';
import type { SimWorld } from './world.ts';

/** One process start of a workload, as it truly is. */
export interface SimInstance {
  readonly id: InstanceId;
  readonly service: string;
  readonly account: string | undefined;
  readonly slot: Slot;
  readonly release: number;
  readonly digest: string;
  readonly replica: number;
  readonly startedAs: 'replica' | 'standby' | 'holder';
  readonly behaviour: Behaviour;
  readonly address: string;
  readonly startedAt: number;
  readonly boot: string;
  readonly readyAtMs: number;
  record: LifecycleRecord;
  alive: boolean;
  paused: boolean;
  /** Killed, and its death cannot be confirmed: it lives on until then. */
  stuckUntilMs: number;
  /** Probes that will still fail. */
  flaps: number;
  exit: 'crash' | 'killed' | 'exited' | undefined;
  diedAtMs: number;
  /** Orders that were sent and not answered yet. */
  inFlight: number;
  ticking: boolean;
  /** What waits until it is no longer paused. */
  readonly waiting: (() => void)[];
}

/** Whether it could send an order now, were it scheduled: a paused process wakes up and writes. */
export const acts = (instance: SimInstance): boolean =>
  instance.alive && instance.startedAs !== 'replica' && mayAct(instance.record);

/** A cold program knows of no standby: it acts from its first instruction, whatever it was started as. */
const beginningOf = (isCold: boolean, startAs: LaunchRequest['startAs']): Beginning => {
  if (startAs.kind === 'holder') return { startAs: 'holder', token: startAs.token };
  return isCold && startAs.kind === 'standby' ? { startAs: 'holder', token: 0 } : { startAs: startAs.kind };
};

/** The host's processes as they truly are, whatever anybody believes. */
export class Machine {
  readonly instances = new Map<string, SimInstance>();
  readonly byAddress = new Map<string, SimInstance>();
  readonly #world: SimWorld;
  /** Copies of releases that are there. */
  readonly artefacts = new Set<string>();
  /** Nonces that were killed before anybody had started them. */
  readonly voided = new Set<string>();
  bootCount = 1;
  #ports = 0;
  /** By nonce: what is started twice under one has two lives. */
  readonly starts = new Map<string, number>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  get boot(): string {
    return `boot-${this.bootCount}`;
  }

  start({ service, release, slot, instance: id, replica, startAs }: LaunchRequest): SimInstance {
    const there = this.instances.get(id);
    if (there !== undefined) return there;
    const world = this.#world;
    const behaviour = (service.spec.environment.BEHAVIOUR ?? 'good') as Behaviour;
    this.#ports += 1;
    const bootMs = 1 + world.random.below(behaviour === 'slow' ? 900 : 80);
    const instance: SimInstance = {
      id,
      service: service.spec.name,
      account: service.spec.singleton?.account,
      slot,
      release,
      digest: service.digest,
      replica,
      startedAs: startAs.kind,
      behaviour,
      address: `10.1.0.1:${20_000 + this.#ports}`,
      startedAt: world.nowMs,
      boot: this.boot,
      readyAtMs: world.nowMs + bootMs,
      record: beginning(beginningOf(service.spec.singleton?.start === 'cold', startAs)),
      alive: true,
      paused: false,
      stuckUntilMs: 0,
      flaps: 0,
      exit: undefined,
      diedAtMs: 0,
      inFlight: 0,
      ticking: false,
      waiting: [],
    };
    this.instances.set(id, instance);
    this.byAddress.set(instance.address, instance);
    this.starts.set(id, (this.starts.get(id) ?? 0) + 1);
    world.changed();
    if (behaviour === 'crashes-at-once')
      world.scheduler.at(bootMs + world.random.below(200), `${instance.service} ${id.slice(-4)} crashes`, () => {
        this.end(instance, 'crash');
        return true;
      });
    world.venue.wake(instance);
    return instance;
  }

  end(instance: SimInstance, how: 'crash' | 'killed' | 'exited'): void {
    if (!instance.alive) return;
    instance.alive = false;
    instance.exit = how;
    instance.diedAtMs = this.#world.nowMs;
    instance.record = ending(instance.record);
    // Whoever waits for an answer of it sees its connection end.
    for (const goOn of instance.waiting.splice(0)) goOn();
    this.#world.changed();
  }

  pause(instance: SimInstance, forMs: number): void {
    if (!instance.alive || instance.paused) return;
    instance.paused = true;
    this.#world.changed();
    this.#world.scheduler.at(forMs, `${instance.service} ${instance.id.slice(-4)} goes on`, () =>
      this.resume(instance),
    );
  }

  resume(instance: SimInstance): boolean {
    if (!instance.alive || !instance.paused) return false;
    instance.paused = false;
    this.#world.changed();
    for (const goOn of instance.waiting.splice(0)) goOn();
    this.#world.venue.wake(instance);
    return true;
  }

  /** Runtime files of a dead instance go. */
  forget(id: string): void {
    const instance = this.instances.get(id);
    if (instance === undefined || instance.alive) return;
    this.instances.delete(id);
    this.byAddress.delete(instance.address);
    this.#world.changed();
  }

  reboot(): void {
    for (const instance of this.instances.values()) this.end(instance, 'killed');
    this.bootCount += 1;
    this.#world.changed();
  }

  living(service?: string): readonly SimInstance[] {
    return [...this.instances.values()].filter(
      (one) => one.alive && (service === undefined || one.service === service),
    );
  }
}
