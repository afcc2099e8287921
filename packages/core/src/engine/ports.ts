import type { ServiceSpec } from '../app/index.ts';
import type { Latch } from '../baton/record.ts';
import type { GoalEvent } from '../journal/events.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Lifecycle } from '../ports/lifecycle.ts';
import type { Prober } from '../ports/prober.ts';
import type { Store } from '../ports/store.ts';
import type { Target } from '../ports/target.ts';
import type { Traffic } from '../ports/traffic.ts';
import type { Venue } from '../ports/venue.ts';

/** Everything the engine reaches the world through. */
export interface EnginePorts {
  readonly store: Store;
  readonly target: Target;
  readonly traffic: Traffic;
  readonly lifecycle: Lifecycle;
  /** The broker adapter of a service, where one is declared. */
  readonly venue: (spec: ServiceSpec) => Venue | undefined;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The secret of one instance, derived again by whoever holds the host's key; never stored or logged. */
  readonly secretOf: (instance: string) => string;
  /**
   * The values that a service of a scope is given under the names that its release declares.
   * @throws BatonError `secret-missing`
   */
  readonly secretValuesOf: (
    scope: string,
    service: string,
    names: readonly string[],
  ) => Readonly<Record<string, string>>;
  /** The emergency stop's file beside the store: it works with a full disk and without the store; either latches. */
  readonly latchOf: (scope: string) => Latch | null;
  /** Bounds of what the gateway may hold. */
  readonly holdBounds: { readonly maxRequests: number; readonly maxBytes: number };
  /** Told of each event once it is durable. */
  readonly emit: (scope: string, event: GoalEvent) => void;
}
