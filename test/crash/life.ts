import type { Clock, EnginePorts, JournalDraft, LockResult, Store } from '@baton/core';
import { BatonError } from '@baton/core';
import type { FakeClock } from '@baton/testkit';
import { readLatchFile } from '../../packages/daemon/src/adapters/latch-file.ts';
import { Environment } from '../../packages/daemon/src/environment/environment.ts';
import type { LivingWorld } from './living-world.ts';
import type { Witness } from './witness.ts';

/** Killed before a write, killed right after it, or left alive without its acknowledgement. */
export type Blow = 'before' | 'after' | 'unacknowledged';
export const BLOWS: readonly Blow[] = ['before', 'after', 'unacknowledged'];

/** Where a run is hit: writes are counted over all lives of it, from 0. */
export interface CrashPoint {
  readonly write: number;
  readonly blow: Blow;
}

/** What all lives of one run share. */
export interface Shared {
  readonly scope: { readonly app: string; readonly environment: string };
  readonly stateDir: string;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly world: LivingWorld;
  readonly witness: Witness;
  readonly points: readonly CrashPoint[];
  writes: number;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/**
 * One driver from its start to its death. What is dead stays silent for ever: none of its calls is carried out and
 * none of its waits ends, which is what a killed process leaves behind.
 */
export class Life {
  dead = false;
  readonly environment: Environment;
  readonly ports: Omit<EnginePorts, 'emit'>;
  readonly stateDir: string;
  readonly #shared: Shared;
  readonly #end = new AbortController();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.stateDir = shared.stateDir;
    const { world } = shared;
    const venue = this.#alive(world.venue());
    this.ports = {
      store: this.#store(),
      target: this.#alive(world.target()),
      traffic: this.#alive(world.traffic()),
      lifecycle: this.#alive(world.lifecycle()),
      venue: () => venue,
      prober: this.#alive(world.prober()),
      clock: this.#clock(),
      ids: {
        next: () => {
          world.state.nextId += 1;
          return world.state.nextId.toString(16).padStart(32, '0');
        },
      },
      secretOf: () => 'secret',
      secretValuesOf: () => ({}),
      latchOf: (scope) => readLatchFile(shared.stateDir, scope),
      holdBounds: { maxRequests: 10, maxBytes: 10 },
    };
    this.environment = new Environment(shared.stateDir, shared.scope, this.ports, () => undefined);
  }

  /** Killed: at this very moment, and for ever. */
  end(): void {
    if (this.dead) return;
    this.dead = true;
    this.#end.abort();
    // Ends the timer of its lease; the release itself never arrives.
    void this.environment.lock.release();
  }

  async #while<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) return await never<T>();
    try {
      const result = await work();
      return this.dead ? await never<T>() : result;
    } catch (error) {
      if (this.dead) return await never<T>();
      throw error;
    }
  }

  /** The same port for as long as this driver lives. */
  #alive<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return async (...given: unknown[]): Promise<unknown> =>
          await this.#while(async () => (await Reflect.apply(member, target, given)) as unknown);
      },
    });
  }

  #clock(): Clock {
    const { clock } = this.#shared;
    return {
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      bootId: () => clock.bootId(),
      sleep: async (ms, signal) => {
        const ended = this.#end.signal;
        await this.#while(
          async () => await clock.sleep(ms, signal === undefined ? ended : AbortSignal.any([ended, signal])),
        );
      },
    };
  }

  /** A write of this driver, hit where the run says so. */
  async #write<T>(work: () => Promise<T>): Promise<T> {
    const shared = this.#shared;
    const blow = shared.points.find((point) => point.write === shared.writes)?.blow;
    shared.writes += 1;
    if (blow === 'before') {
      this.end();
      return await never<T>();
    }
    const result = await work();
    shared.witness.look();
    if (blow === 'after') {
      this.end();
      return await never<T>();
    }
    if (blow === 'unacknowledged')
      throw new BatonError('store-unavailable', 'The state store did not answer.', { hint: 'Read back.' });
    return result;
  }

  #store(): Store {
    const { store, witness } = this.#shared;
    return {
      ...this.#alive(store),
      get: async (key) => await this.#while(async () => await store.get(key)),
      list: async (prefix) => await this.#while(async () => await store.list(prefix)),
      readJournal: async (stream, after, limit) =>
        await this.#while(async () => await store.readJournal(stream, after, limit)),
      transact: async (transaction) =>
        await this.#while(
          async () =>
            await this.#write(async () => {
              const result = await store.transact(transaction);
              if (result.ok) witness.journal.push(...(result.entries satisfies readonly JournalDraft[]));
              return result;
            }),
        ),
      acquireLock: async (name, owner, now, ttlMs, note) =>
        await this.#while(async () => {
          const taken = await store.acquireLock(name, owner, now, ttlMs, note);
          return taken.ok ? taken : ofAnEarlierBoot(taken);
        }),
      stealLock: async (name, owner, now, ttlMs, note) =>
        await this.#while(
          async () => await this.#write(async () => await store.stealLock(name, owner, now, ttlMs, note)),
        ),
      releaseLock: async (grant) => await this.#while(async () => await store.releaseLock(grant)),
    };
  }
}

/** Every driver of a run lives in this one process; its predecessors are shown to it as what they are: gone. */
const ofAnEarlierBoot = (taken: Extract<LockResult, { ok: false }>): LockResult => {
  const [host = '', , ...rest] = taken.held.owner.split(' ');
  return { ...taken, held: { ...taken.held, owner: [host, 'gone', ...rest].join(' ') } };
};
