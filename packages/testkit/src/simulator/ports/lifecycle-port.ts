import {
  type Authority,
  BatonError,
  type Checkpoint,
  type Exposure,
  known,
  type Lifecycle,
  type LifecycleAddress,
  type LifecycleState,
  type Quiesced,
  type SettlePolicy,
  unknown,
} from '@baton/core';
import { activationFailed, type CommandKind, settled, transition } from '@baton/sdk/lifecycle-state';
import type { SimProcess } from '../sim-process.ts';
import type { SimInstance } from '../world/machine.ts';
import type { SimWorld } from '../world/world.ts';
import { portCall, silent } from './call.ts';

const CALL_TIMEOUT_MS = 5_000;
const OBSERVE_TIMEOUT_MS = 1_000;
/** Calls that an instance takes its time for. */
const SLOW: ReadonlySet<string> = new Set(['settle', 'quiesce']);

const stateOf = ({ id, record, release, digest }: SimInstance): LifecycleState => ({
  instance: id,
  phase: record.phase,
  token: record.floor,
  release,
  digest,
});

const refused = (reason: string): BatonError =>
  new BatonError('lifecycle-refused', `refused: ${reason}`, { hint: 'This is a simulated instance.' });
const unreachable = (): BatonError =>
  new BatonError('lifecycle-unreachable', 'nothing listens', { hint: 'This is a simulated instance.' });

/** The other end of the lifecycle contract: what an instance does with a call, by the SDK's own record. */
class Answering {
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** Runs when the instance runs: a paused one reads its socket when it goes on. */
  async within<T>(at: LifecycleAddress, work: (instance: SimInstance) => T | Promise<T>): Promise<T> {
    const instance = this.#world.machine.byAddress.get(at.address);
    if (instance === undefined || !instance.alive || instance.readyAtMs > this.#world.nowMs) throw unreachable();
    if (instance.paused) await new Promise<void>((resolve) => instance.waiting.push(resolve));
    if (!instance.alive) throw unreachable();
    return await work(instance);
  }

  command(instance: SimInstance, kind: CommandKind, at: LifecycleAddress, { token, epoch }: Authority): boolean {
    const next = transition(instance.record, instance.id, { kind, instance: at.instance, token, epoch });
    if (!next.accepted) throw refused(next.reason);
    instance.record = next.record;
    this.#world.changed();
    this.#world.venue.wake(instance);
    return next.repeat;
  }

  exposure(instance: SimInstance): Exposure {
    if (instance.account === undefined) return { openOrders: known(0), positions: known(0), inFlight: known(0) };
    const account = this.#world.venue.account(instance.account);
    if (account.silentUntilMs > this.#world.nowMs) {
      const nothing = unknown('the venue does not answer');
      return { openOrders: nothing, positions: nothing, inFlight: known(instance.inFlight) };
    }
    return {
      openOrders: known(account.orders.size),
      positions: known(account.position === 0 ? 0 : 1),
      inFlight: known(instance.inFlight),
    };
  }

  /** Waits for what is in flight, at most to the deadline, then closes what the policy says. */
  async settle(instance: SimInstance, policy: SettlePolicy, deadlineMs: number): Promise<Exposure> {
    const { scheduler, nowMs } = this.#world;
    const held = instance.record.held;
    while (instance.inFlight > 0 && this.#world.nowMs - nowMs < deadlineMs) {
      await new Promise<void>((resolve) => {
        scheduler.at(10, `${instance.service} settles`, () => {
          resolve();
          return true;
        });
      });
      if (!instance.alive) throw unreachable();
    }
    if (instance.behaviour === 'never-settles') {
      // It does not close what is open, and half of the time cannot say what that is.
      const nothing = unknown('the program cannot say');
      const exposure = this.exposure(instance);
      return instance.release % 2 === 1 ? exposure : { ...exposure, openOrders: nothing, positions: nothing };
    }
    if (policy === 'flatten' && instance.account !== undefined && instance.record.held === held)
      this.#world.venue.flatten(instance.account);
    const exposure = this.exposure(instance);
    const flat = exposure.inFlight.known && exposure.inFlight.value === 0;
    if (flat && exposure.openOrders.known) instance.record = settled(instance.record, held);
    this.#world.changed();
    return exposure;
  }

  checkpoint(instance: SimInstance): Checkpoint {
    const takenAt = this.#world.wallMs();
    this.#world.invariants.handover.taken(instance, takenAt);
    return { state: { of: instance.id }, takenAt, format: 'sim/1' };
  }
}

/** The lifecycle contract as one process of Baton calls it. */
export const simLifecycle = (world: SimWorld, process: SimProcess): Lifecycle => {
  const answering = new Answering(world);
  const call = async <T>(
    method: string,
    at: LifecycleAddress,
    work: (instance: SimInstance) => T | Promise<T>,
    timeoutMs = CALL_TIMEOUT_MS,
    unanswered: () => T = () => {
      throw silent(`${method} of ${at.instance.slice(-4)}`, 'lifecycle-unreachable');
    },
  ): Promise<T> =>
    await portCall<T>(world, process, {
      port: 'lifecycle',
      method,
      subject: at.instance.slice(-4),
      remote: true,
      timeoutMs,
      effect: async () => await answering.within(at, work),
      mayWait: () => SLOW.has(method) || world.machine.byAddress.get(at.address)?.paused === true,
      unanswered,
    });
  const effect = (kind: CommandKind, at: LifecycleAddress): void =>
    world.invariants.effect({ kind, instance: at.instance, by: process });
  return {
    observe: async (at) => {
      try {
        return await call('observe', at, (instance) => known(stateOf(instance)), OBSERVE_TIMEOUT_MS);
      } catch (error) {
        return unknown(error instanceof Error ? error.message : String(error));
      }
    },
    quiesce: async (at, authority, goOn): Promise<Quiesced> =>
      await call(
        'quiesce',
        at,
        async (instance) => {
          effect('quiesce', at);
          answering.command(instance, 'quiesce', at, authority);
          if (goOn === undefined) return { state: stateOf(instance), exposure: undefined, checkpoint: undefined };
          const exposure = await answering.settle(instance, goOn.policy, goOn.deadlineMs);
          const checkpoint = instance.record.phase === 'settled' ? answering.checkpoint(instance) : undefined;
          return { state: stateOf(instance), exposure, checkpoint };
        },
        CALL_TIMEOUT_MS + (goOn?.deadlineMs ?? 0),
      ),
    settle: async (at, authority, policy, deadlineMs) =>
      await call(
        'settle',
        at,
        async (instance) => {
          effect('settle', at);
          answering.command(instance, 'settle', at, authority);
          return await answering.settle(instance, policy, deadlineMs);
        },
        CALL_TIMEOUT_MS + deadlineMs,
      ),
    exposure: async (at) => await call('exposure', at, (instance) => answering.exposure(instance)),
    checkpoint: async (at, authority) => {
      const taken = await call('checkpoint', at, (instance) => {
        answering.command(instance, 'checkpoint', at, authority);
        return answering.checkpoint(instance);
      });
      world.invariants.handover.received(at.instance, process.name);
      return taken;
    },
    deactivate: async (at, authority) =>
      await call('deactivate', at, (instance) => {
        effect('deactivate', at);
        answering.command(instance, 'deactivate', at, authority);
        return stateOf(instance);
      }),
    activate: async (at, activation) =>
      await call('activate', at, (instance) => {
        effect('activate', at);
        const repeat = answering.command(instance, 'activate', at, activation);
        if (!repeat) world.invariants.activated(instance, activation.token);
        if (instance.behaviour === 'refuses-activation') {
          instance.record = activationFailed(instance.record, activation.token);
          throw refused('activation-failed');
        }
        const exposure = answering.exposure(instance);
        const adopted =
          exposure.openOrders.known && exposure.positions.known
            ? { orders: exposure.openOrders.value, positions: exposure.positions.value }
            : undefined;
        if (!repeat) world.invariants.handover.activated(instance, activation.checkpoint, activation.stale, adopted);
        return { state: stateOf(instance), adopted };
      }),
  };
};
