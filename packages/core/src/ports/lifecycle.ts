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

/** Which process a call is for: the nonce of its start, and where it listens. */
export interface LifecycleAddress {
  readonly instance: InstanceId;
  /** `host:port`. */
  readonly address: string;
}

/** What a call carries besides its address; lower ones than the instance has seen are refused. */
export interface Authority {
  readonly token: Token;
  readonly epoch: number;
}

export interface Activation extends Authority {
  readonly checkpoint: Checkpoint | undefined;
  /** The checkpoint was not taken at the end of a settled life. */
  readonly stale: boolean;
}

/** How to settle on from a quiesce. */
export interface GoOn {
  readonly policy: SettlePolicy;
  readonly deadlineMs: number;
}

export interface Quiesced {
  readonly state: LifecycleState;
  /** With a settled phase only. */
  readonly exposure: Exposure | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

/** What the new holder took over, where it says so. */
export interface Adopted {
  readonly orders: number;
  readonly positions: number;
}

/**
 * The lifecycle contract of docs/lifecycle.md. Every call is idempotent and bounded; a failed one rejects
 * with a BatonError (`lifecycle-unreachable`, `lifecycle-refused`, `lifecycle-invalid-answer`).
 */
export interface Lifecycle {
  observe(at: LifecycleAddress): Promise<Known<LifecycleState>>;
  /**
   * Opens nothing new. Asked to `goOn`, it settles and saves its state in the same call where it can and the time is
   * enough: then the answer has both, and its phase says settled. It may also leave both to the calls of their own.
   */
  quiesce(at: LifecycleAddress, authority: Authority, goOn?: GoOn): Promise<Quiesced>;
  settle(at: LifecycleAddress, authority: Authority, policy: SettlePolicy, deadlineMs: number): Promise<Exposure>;
  exposure(at: LifecycleAddress): Promise<Exposure>;
  checkpoint(at: LifecycleAddress, authority: Authority): Promise<Checkpoint>;
  /** Raises the instance's floor to the token; from then on lower ones are refused. */
  deactivate(at: LifecycleAddress, authority: Authority): Promise<LifecycleState>;
  activate(
    at: LifecycleAddress,
    activation: Activation,
  ): Promise<{ readonly state: LifecycleState; readonly adopted: Adopted | undefined }>;
}
