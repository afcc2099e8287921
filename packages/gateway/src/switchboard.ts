import type { HoldBounds, TrafficConfig } from '@baton/core';
import type { DrainAnswer, HoldAnswer, ObserveAnswer, ReleaseAnswer } from './control/wire.ts';
import { ServiceTraffic } from './hold/index.ts';
import { type ConnectionSettings, Pool, serviceOfPool } from './pool/index.ts';
import type { Front } from './proxy/index.ts';
import { normalPrefix, type RouteEntry, RouteTable } from './routing/index.ts';
import type { HeldService } from './state/index.ts';

/**
 * What is in force: configurations, pools, holds, and the tables that the listeners ask. All in memory and all
 * synchronous, so that every change is one step for the requests; what must be durable was written before.
 */
export class Switchboard {
  readonly configs = new Map<string, TrafficConfig>();
  /** Listeners for clients, by address. */
  readonly fronts = new Map<string, Front>();
  readonly peers: Front;
  readonly #settings: ConnectionSettings;
  readonly #pools = new Map<string, Pool>();
  readonly #services = new Map<string, ServiceTraffic>();
  switches = 0;

  constructor(peers: Front, settings: ConnectionSettings) {
    this.peers = peers;
    this.#settings = settings;
  }

  get services(): readonly ServiceTraffic[] {
    return [...this.#services.values()];
  }

  get pools(): readonly Pool[] {
    return [...this.#pools.values()];
  }

  service(scope: string, name: string): ServiceTraffic {
    const key = `${scope} ${name}`;
    let service = this.#services.get(key);
    if (service === undefined) {
      service = new ServiceTraffic(scope, name);
      this.#services.set(key, service);
    }
    return service;
  }

  /** Puts a configuration in force in place of its scope's last one; `undefined` removes the scope. */
  install(scope: string, config: TrafficConfig | undefined): void {
    const routed = new Set([...(config?.routes ?? []), ...(config?.peers ?? [])].map((route) => route.pool));
    const listed = new Set<string>();
    for (const { id, members } of config?.pools ?? []) {
      const pool = this.#pool(scope, id);
      pool.setMembers(members);
      pool.routed = routed.has(id);
      listed.add(id);
    }
    for (const [key, pool] of this.#pools) {
      if (pool.scope !== scope || listed.has(pool.id)) continue;
      pool.retire();
      if (pool.size === 0) this.#pools.delete(key);
    }
    if (config === undefined) this.configs.delete(scope);
    else this.configs.set(scope, config);
    this.#rebuildTables();
    this.switches++;
  }

  #pool(scope: string, id: string): Pool {
    const key = `${scope} ${id}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(scope, id, this.#settings);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #rebuildTables(): void {
    const entries = new Map<string, RouteEntry[]>([...this.fronts.keys()].map((address) => [address, []]));
    const peers: RouteEntry[] = [];
    for (const [scope, config] of this.configs) {
      for (const { listen, host, path, pool, service } of config.routes) {
        const target = { service: this.service(scope, service), pool: this.#pool(scope, pool), strip: 0 };
        entries.get(listen)?.push({ ...(host === undefined ? {} : { host }), path, target });
      }
      for (const { prefix, pool } of config.peers) {
        const path = normalPrefix(`/${scope}${prefix}`);
        const service = this.service(scope, serviceOfPool(pool));
        peers.push({ path, target: { service, pool: this.#pool(scope, pool), strip: path.length } });
      }
    }
    for (const [address, front] of this.fronts) front.table = new RouteTable(entries.get(address) ?? []);
    this.peers.table = new RouteTable(peers);
  }

  /** In force at once; call {@link inFlightEnded} to wait for what had begun. */
  hold(scope: string, epoch: number, services: readonly string[], bounds: HoldBounds, endsAtWallMs: number): void {
    for (const name of services) this.service(scope, name).beginHold(bounds, epoch, endsAtWallMs, Date.now());
  }

  /** Waits for requests of these services to end, at most `waitMs`; answers how many are left. */
  async inFlightEnded(scope: string, services: readonly string[], waitMs: number): Promise<HoldAnswer> {
    const all = services.map((name) => this.service(scope, name));
    await Promise.all(all.map((service) => service.idle(waitMs)));
    return { inFlight: all.reduce((sum, service) => sum + service.inFlight, 0) };
  }

  release(scope: string, services: readonly string[]): ReleaseAnswer {
    let released = 0;
    let maxHeldMs = 0;
    for (const name of services) {
      const ended = this.service(scope, name).endHold();
      released += ended.released;
      maxHeldMs = Math.max(maxHeldMs, ended.maxHeldMs);
    }
    return { released, maxHeldMs };
  }

  /** Waits until what is leaving the pool has ended or the deadline came; cuts the rest. */
  async drain(
    scope: string,
    poolId: string,
    deadlineMs: number,
    reason: 'drained' | 'singleton-replaced',
  ): Promise<DrainAnswer> {
    const pool = this.#pools.get(`${scope} ${poolId}`);
    if (pool === undefined) return { cut: 0 };
    if (reason === 'drained' && pool.leaving().length > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, deadlineMs);
      const unwatch = pool.watch(() => {
        if (pool.leaving().length === 0) resolve();
      });
      await promise;
      clearTimeout(timer);
      unwatch();
    }
    const left = pool.leaving();
    for (const carried of left) carried.cut(reason);
    return { cut: left.length };
  }

  /** Without the addresses, which only the process that listens knows. */
  observe(scope: string): Omit<ObserveAnswer, 'peerBase'> {
    const held: Record<string, number> = {};
    for (const service of this.#services.values()) {
      if (service.scope === scope && service.hold !== undefined) held[service.name] = service.hold.waiting;
    }
    const activity = this.pools
      .filter((pool) => pool.scope === scope)
      .map((pool) => ({ pool: pool.id, ...pool.activity() }))
      .filter(({ inFlight, streams }) => inFlight + streams > 0);
    return { config: this.configs.get(scope) ?? null, held, activity };
  }

  holds(): readonly HeldService[] {
    return this.services.flatMap((service) =>
      service.hold === undefined
        ? []
        : [
            {
              scope: service.scope,
              service: service.name,
              epoch: service.hold.epoch,
              bounds: service.hold.bounds,
              endsAtWallMs: service.hold.endsAtWallMs,
            },
          ],
    );
  }
}
