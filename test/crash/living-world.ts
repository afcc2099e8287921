import {
  type Authority,
  BatonError,
  type Clock,
  type DeathProof,
  type InstanceId,
  type InstanceObservation,
  known,
  type LaunchRequest,
  type Lifecycle,
  type LifecycleAddress,
  type LifecycleState,
  type Prober,
  type Target,
  type Traffic,
  unknown,
  type Venue,
} from '@baton/core';
import { type CommandKind, mayAct, transition } from '@baton/sdk';
import type { LivingInstance, LivingState } from './living-state.ts';
import type { Grounds, Witness } from './witness.ts';

const PORT = 8000;

const failure = (code: string, message: string): BatonError => new BatonError(code, message, { hint: 'A test.' });

/** The outside of Baton in memory: it goes on while drivers come and go. */
export class LivingWorld {
  readonly state: LivingState;
  readonly #witness: Witness;
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(state: LivingState, witness: Witness, clock: Pick<Clock, 'monotonicMs'>) {
    this.state = state;
    this.#witness = witness;
    this.#clock = clock;
  }

  #find(instance: string): LivingInstance | undefined {
    return this.state.instances.find((one) => one.observation.instance === instance);
  }

  #place(instance: string): string {
    const one = this.#find(instance)?.observation;
    return one === undefined ? '' : `${one.service}@${one.slot}`;
  }

  #effect<T>(what: string, grounds: Grounds, work: () => T): T {
    this.#witness.announced(what, grounds);
    const result = work();
    this.#witness.look();
    return result;
  }

  /** Not by anybody's wish: it ends as programs do. */
  dies(service: string): void {
    for (const one of this.#witness.acting(service)) one.alive = false;
  }

  #observation(one: LivingInstance): InstanceObservation {
    if (one.alive) return { ...one.observation, state: 'running' };
    return { ...one.observation, state: 'dead', exit: { code: null, signal: 'SIGKILL', outOfMemory: false } };
  }

  #launched({ service, release, slot, instance, replica, startAs }: LaunchRequest): LivingInstance {
    const number = this.state.instances.length;
    const { spec, digest } = service;
    const token = startAs.kind === 'holder' ? startAs.token : undefined;
    const observation = {
      instance,
      service: spec.name,
      slot,
      release,
      digest,
      replica,
      startedAs: startAs.kind,
      handle: `process ${number}`,
      addresses: { [PORT]: `127.0.0.1:${20_000 + number}` },
      startedAt: this.state.wallMs,
    };
    const replicated = startAs.kind === 'replica';
    const phase = startAs.kind === 'standby' ? ('standby' as const) : ('active' as const);
    const record = { phase, floor: token ?? 0, epoch: 0, held: token, replica: replicated, ending: false };
    const brokenWhenActive = spec.environment.BROKEN === 'when-active';
    const settlesItself = spec.singleton?.stop === 'signal';
    return { observation, alive: true, record, brokenWhenActive, settlesItself, adopted: 0 };
  }

  #opensAnOrder(one: LivingInstance): void {
    if (one.record.replica) return;
    one.adopted = this.state.orders.length;
    const orderId = `o${this.state.nextId}`;
    this.state.nextId += 1;
    this.state.orders.push({ account: 'main', orderId, clientId: `baton-${orderId}` });
  }

  #death(instance: InstanceId, settled: boolean): DeathProof {
    const one = this.#find(instance);
    if (one === undefined) this.state.never.push(instance);
    else {
      if (one.alive && settled && one.settlesItself && mayAct(one.record)) this.state.orders = [];
      one.alive = false;
    }
    const method = one === undefined ? ('never-started' as const) : ('cgroup-empty' as const);
    return { instance, handle: one?.observation.handle ?? '', method, weak: false, note: '', at: this.state.wallMs };
  }

  target(): Target {
    const retired = (instance: string): readonly [string, string] => ['retire', this.#place(instance)];
    const refused = async (): Promise<never> => {
      throw failure('not-in-this-world', 'nothing of this story asks for it');
    };
    return {
      kind: 'process',
      preflight: async () => [],
      pin: async (_app, spec) => {
        const name = `${spec.name}-${spec.environment.VERSION}`;
        return { spec, digest: `sha256:${name}`, artefact: name };
      },
      artefactExists: async () => true,
      observe: async () => known(this.state.instances.map((one) => this.#observation(one))),
      launch: async (request) => {
        const { instance } = request;
        if (this.state.never.includes(instance)) throw failure('launch-refused', 'it was killed before it started');
        const there = this.#find(instance);
        if (there !== undefined) return this.#observation(there);
        return this.#effect(`the start of ${instance}`, { intents: [['launch', instance]] }, () => {
          const one = this.#launched(request);
          this.state.instances.push(one);
          if (mayAct(one.record)) this.#opensAnOrder(one);
          return this.#observation(one);
        });
      },
      stop: async (instance) => {
        const grounds = { intents: [['release-holder', instance] as const, retired(instance)] };
        return this.#effect(`the end of ${instance}`, grounds, () => this.#death(instance, true));
      },
      kill: async (instance) => {
        const intents = [['stand-down', instance] as const];
        const grounds = { intents, latch: true, grant: { to: instance } };
        return this.#effect(`the kill of ${instance}`, grounds, () => this.#death(instance, false));
      },
      signal: refused,
      exec: refused,
      sample: async () => unknown('not measured'),
      logs: async () => [],
      forget: async (instance) => {
        this.state.instances = this.state.instances.filter((one) => one.observation.instance !== instance);
      },
      prune: async () => [],
    };
  }

  #answering(at: LifecycleAddress): LivingInstance {
    const one = this.#find(at.instance);
    if (one?.alive === true) return one;
    throw failure('lifecycle-unreachable', `${at.instance} does not answer`);
  }

  #stateOf(one: LivingInstance): LifecycleState {
    const { instance, release, digest } = one.observation;
    return { instance, phase: one.record.phase, token: one.record.floor, release, digest };
  }

  /** By the SDK's own rules; true where it had been done before. */
  #command(one: LivingInstance, kind: CommandKind, { token, epoch }: Authority): boolean {
    const { instance } = one.observation;
    const next = transition(one.record, instance, { kind, instance, token, epoch });
    if (!next.accepted) throw failure('lifecycle-refused', `${kind}: ${next.reason}`);
    one.record = next.record;
    return next.repeat;
  }

  lifecycle(): Lifecycle {
    const flat = { openOrders: known(0), positions: known(0), inFlight: known(0) };
    const released = (at: LifecycleAddress): Grounds => ({ intents: [['release-holder', at.instance]] });
    return {
      observe: async (at) => {
        const one = this.#find(at.instance);
        return one?.alive === true ? known(this.#stateOf(one)) : unknown('it does not answer');
      },
      quiesce: async (at, authority) => {
        const one = this.#answering(at);
        return this.#effect(`quiesce of ${at.instance}`, released(at), () => {
          this.#command(one, 'quiesce', authority);
          return { state: this.#stateOf(one), exposure: undefined, checkpoint: undefined };
        });
      },
      settle: async (at, authority) => {
        const one = this.#answering(at);
        return this.#effect(`settle of ${at.instance}`, released(at), () => {
          this.#command(one, 'settle', authority);
          one.record = { ...one.record, phase: 'settled' };
          this.state.orders = [];
          return flat;
        });
      },
      exposure: async () => flat,
      checkpoint: async (at, authority) => {
        this.#command(this.#answering(at), 'checkpoint', authority);
        return { state: { learned: at.instance }, takenAt: this.state.wallMs, format: 'crash/1' };
      },
      deactivate: async (at, authority) => {
        const one = this.#answering(at);
        const grounds = { intents: [['stand-down', at.instance] as const], grant: { to: at.instance } };
        return this.#effect(`deactivate of ${at.instance}`, grounds, () => {
          this.#command(one, 'deactivate', authority);
          return this.#stateOf(one);
        });
      },
      activate: async (at, activation) => {
        const one = this.#answering(at);
        const grounds = { intents: [], grant: { to: at.instance, token: activation.token } };
        return this.#effect(`activate of ${at.instance}`, grounds, () => {
          if (!this.#command(one, 'activate', activation)) this.#opensAnOrder(one);
          return { state: this.#stateOf(one), adopted: { orders: one.adopted, positions: 0 } };
        });
      },
    };
  }

  /** What still waits: the gateway itself lets go of it at the bound. */
  heldNow(): Readonly<Record<string, number>> {
    for (const [service, until] of Object.entries(this.state.held))
      if (until <= this.#clock.monotonicMs()) delete this.state.held[service];
    return this.state.held;
  }

  #seen(epoch: number): void {
    if (epoch < this.state.trafficEpoch) throw failure('traffic-stale-epoch', 'a newer driver has spoken');
    this.state.trafficEpoch = epoch;
  }

  traffic(): Traffic {
    const { state } = this;
    const routed: Grounds = {
      intents: [
        ['route', 'forward/final'],
        ['route', 'forward/partial'],
        ['route', 'back/final'],
        ['route', 'back/partial'],
      ],
    };
    return {
      observe: async () => {
        const held = Object.fromEntries(Object.keys(this.heldNow()).map((service) => [service, 0]));
        return known({ config: state.config, held, activity: [], peerBase: 'http://peers' });
      },
      apply: async (config) => {
        this.#seen(config.epoch);
        state.config = config;
      },
      hold: async (_scope, epoch, services, { maxMs }) => {
        this.#seen(epoch);
        this.#effect('a hold', { intents: [['hold', services.join(',')]] }, () => {
          for (const service of services) state.held[service] = this.#clock.monotonicMs() + maxMs;
        });
        return { inFlight: 0 };
      },
      release: async (_scope, epoch, services, config) => {
        this.#seen(epoch);
        this.#effect('a change of the routes', routed, () => {
          state.config = config ?? state.config;
          for (const service of services) delete state.held[service];
        });
        return { released: 0, maxHeldMs: 0 };
      },
      drain: async (_scope, epoch, pool) => {
        this.#seen(epoch);
        const place = pool.slice(0, pool.lastIndexOf(':'));
        return this.#effect('a drain', { intents: [['retire', place]] }, () => ({ cut: 0 }));
      },
      remove: async () => {
        state.config = undefined;
      },
    };
  }

  venue(): Venue {
    return {
      exposure: async () => known({ orders: this.state.orders, positions: [] }),
      cancelAll: async () => {
        const { length } = this.state.orders;
        this.state.orders = [];
        return known(length);
      },
      fence: async () => known(true),
    };
  }

  prober(): Prober {
    const at = (address: string): LivingInstance | undefined =>
      this.state.instances.find((one) => one.alive && Object.values(one.observation.addresses).includes(address));
    return {
      http: async (address, path) => {
        const one = at(address);
        if (one === undefined) return { ok: false, reason: 'nothing listens' };
        const bad = one.brokenWhenActive && mayAct(one.record);
        const { release, digest } = one.observation;
        if (path === '/health/detailed') return { ok: true, status: 200, body: JSON.stringify({ release, digest }) };
        return { ok: true, status: bad ? 500 : 200, body: '{}' };
      },
      tcp: async (address) => (at(address) === undefined ? { ok: false, reason: 'nothing listens' } : { ok: true }),
    };
  }
}
