import type { InstanceObservation, TrafficConfig } from '@baton/core';
import type { LifecycleRecord } from '@baton/sdk';

/** A process of the world that survives every crash of a driver. */
export interface LivingInstance {
  readonly observation: Omit<InstanceObservation, 'state'>;
  alive: boolean;
  /** What decides whether it may act: the SDK's own record, changed by its own rules alone. */
  record: LifecycleRecord;
  /** It answers badly as soon as it acts. */
  readonly brokenWhenActive: boolean;
  /** It is told to end by signal, and settles by itself. */
  readonly settlesItself: boolean;
  /** Orders that it found when it was activated. */
  adopted: number;
}

/** An order that is open at the venue, and who sent it. */
export interface LivingOrder {
  readonly account: string;
  readonly orderId: string;
  readonly clientId: string;
}

/** Everything outside the store: plain data, so that a run can begin from a copy of it. */
export interface LivingState {
  instances: LivingInstance[];
  /** Nonces that were killed before they were there: the target starts none of them any more. */
  never: string[];
  config: TrafficConfig | undefined;
  /** Services whose requests wait, and until when the gateway lets them at most. */
  held: Record<string, number>;
  trafficEpoch: number;
  orders: LivingOrder[];
  nextId: number;
  wallMs: number;
  monotonicMs: number;
}

export const emptyLiving = (): LivingState => ({
  instances: [],
  never: [],
  config: undefined,
  held: {},
  trafficEpoch: 0,
  orders: [],
  nextId: 1,
  wallMs: 1_767_225_600_000,
  monotonicMs: 1_000,
});
