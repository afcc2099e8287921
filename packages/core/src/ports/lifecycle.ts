import type { SettlePolicy } from '../app/index.ts';
import type { Known } from '../known.ts';
import type { InstanceId, Token } from '../names.ts';
import type { Json } from './store.ts';

export type LifecyclePhase = 'standby' | 'active' | 'quiesced' | 'settled';

/** What an instance says of itself. */
export interface LifecycleState {
  readonly instance: InstanceId;
  readonly phase: LifecyclePhase;
  /** The floor: the highest token it has seen. */
  readonly token: Token;
  readonly release: number;
  readonly digest: string;
}

/** What is open at the broker, as the instance or the venue sees it. */
export interface Exposure {
  readonly openOrders: Known<number>;
  readonly positions: Known<number>;
  /** Requests sent to the broker whose answer has not come. */
  readonly inFlight: Known<number>;
}

export interface Checkpoint {
  readonly state: Json;
  /** Wall time at which it was taken. */
  readonly takenAt: number;
  /** Format written, as the workload names it. */
  readonly format: string;
}

/** Calls to one singleton; how they travel (HTTP, signal, exec) is the adapter's. */
export interface Lifecycle {
  observe(instance: InstanceId): Promise<Known<LifecycleState>>;
  quiesce(instance: InstanceId, token: Token, epoch: number): Promise<LifecycleState>;
  settle(
    instance: InstanceId,
    token: Token,
    epoch: number,
    policy: SettlePolicy,
    deadlineMs: number,
  ): Promise<Exposure>;
  exposure(instance: InstanceId): Promise<Exposure>;
  checkpoint(instance: InstanceId, token: Token, epoch: number): Promise<Checkpoint | undefined>;
  /** Raises the instance's floor to `token`; from then on lower ones are refused. */
  deactivate(instance: InstanceId, token: Token, epoch: number): Promise<LifecycleState>;
  /** The answer names what was adopted. */
  activate(
    instance: InstanceId,
    token: Token,
    epoch: number,
    checkpoint: Checkpoint | undefined,
    stale: boolean,
  ): Promise<LifecycleState>;
}
