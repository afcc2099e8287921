import type { Known } from '../known.ts';

/** Members of a pool share its traffic. */
export interface PoolSpec {
  /** `service@slot` within the scope. */
  readonly id: string;
  /** `host:port` of each member. */
  readonly members: readonly string[];
}

/** Client traffic: who asks for this goes to that pool. The longest path prefix wins, a host before none. */
export interface TrafficRoute {
  readonly id: string;
  /** Gateway address, `host:port`. */
  readonly listen: string;
  readonly host?: string;
  readonly path: string;
  readonly pool: string;
  /** The service it belongs to; holds go by service. */
  readonly service: string;
}

/** Traffic between services: the caller's own address for a peer, so that a switch moves it too. */
export interface PeerRoute {
  /** Prefix of the path, `/<caller>/<service>`, cut before forwarding. */
  readonly prefix: string;
  readonly pool: string;
}

/** Everything the gateway knows of one scope. Applied whole, in one atomic step. */
export interface TrafficConfig {
  /** `app/environment`. */
  readonly scope: string;
  /** Epoch of the driver that wrote it; a lower one than seen is refused. */
  readonly epoch: number;
  readonly pools: readonly PoolSpec[];
  readonly routes: readonly TrafficRoute[];
  readonly peers: readonly PeerRoute[];
}

export interface HoldBounds {
  readonly maxMs: number;
  readonly maxRequests: number;
  readonly maxBytes: number;
}

export interface PoolActivity {
  readonly pool: string;
  readonly inFlight: number;
  readonly streams: number;
}

export interface TrafficObservation {
  readonly config: TrafficConfig | undefined;
  /** Services whose routes are held at this moment, with the requests waiting. */
  readonly held: Readonly<Record<string, number>>;
  /** Pools that still carry something, the ones no longer routed to included. */
  readonly activity: readonly PoolActivity[];
  /** What a peer route's prefix is appended to: `http://host:port/app/environment`, the same for as long as the gateway's state lives. */
  readonly peerBase: string;
}

/** The data plane. Every call is idempotent. */
export interface Traffic {
  observe(scope: string): Promise<Known<TrafficObservation>>;
  /** Durable and in force when it resolves. Held services stay held. */
  apply(config: TrafficConfig): Promise<void>;
  /** New requests of these services wait; resolves when the hold is in force and requests in flight have ended, or the bound passed. */
  hold(
    scope: string,
    epoch: number,
    services: readonly string[],
    bounds: HoldBounds,
    inFlightWaitMs: number,
  ): Promise<{ readonly inFlight: number }>;
  /**
   * Lets held requests of these services go on; with `config`, which is applied in the same step, to the new
   * pools. One call, so that a handover waits for one write.
   */
  release(
    scope: string,
    epoch: number,
    services: readonly string[],
    config?: TrafficConfig,
  ): Promise<{ readonly released: number; readonly maxHeldMs: number }>;
  /** Waits until the pool carries nothing or the deadline passed, then cuts what is left. */
  drain(
    scope: string,
    epoch: number,
    pool: string,
    deadlineMs: number,
    reason: 'drained' | 'singleton-replaced',
  ): Promise<{ readonly cut: number }>;
  /** Removes every route and pool of the scope. */
  remove(scope: string, epoch: number): Promise<void>;
}
