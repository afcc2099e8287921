import type { Known } from './known.ts';
import type { Adopted, Checkpoint, Json, SettlePolicy } from './wire.ts';

/** What a program is told when it may act. */
export interface Activation {
  /** Put it on every order: whoever fences refuses lower ones. */
  readonly token: number;
  /** Learned state of the last holder, where there is one. */
  readonly checkpoint: Checkpoint | undefined;
  /** The checkpoint is older than the end of the last holder. */
  readonly stale: boolean;
  /** Aborts the moment this activation may not act any more. */
  readonly signal: AbortSignal;
}

/** What a program is told when it must settle. */
export interface Settlement {
  readonly policy: SettlePolicy;
  /** The token under which the program acted; orders that close positions carry it. */
  readonly token: number;
  readonly deadlineMs: number;
  /** Aborts at the deadline, and at once where the baton is taken away. */
  readonly signal: AbortSignal;
}

/** Open orders and positions as the broker says; each known or unknown, never empty for a failed query. */
export interface BrokerExposure {
  readonly openOrders: Known<number>;
  readonly positions: Known<number>;
}

/** What a program does at the steps of the lifecycle contract. */
export interface WorkloadHooks {
  /**
   * May act from now on. Runs at once in the call that grants; may answer what it adopted.
   * Where it throws, the instance is back in standby and the grant is spent.
   */
  readonly onActivate?: (activation: Activation) => Adopted | undefined | Promise<Adopted | undefined>;
  /** Opens nothing new. `mayAct()` is false already; stop timers here. Must not wait. */
  readonly onQuiesce?: () => void;
  /** Cancels, closes or leaves, as the policy says. What was tracked in flight has ended before. */
  readonly onSettle?: (settlement: Settlement) => Promise<void> | void;
  /** Asks the broker. `nothing` is a program that has no orders and no positions by nature. */
  readonly exposure?: 'nothing' | ((signal: AbortSignal) => Promise<BrokerExposure>);
  /** The state that must survive. */
  readonly onCheckpoint?: () => Json | Promise<Json>;
  /** May not act any more. Must not wait. */
  readonly onDeactivate?: () => void;
  /** Format written by {@link onCheckpoint}, such as `my-bot/2`. */
  readonly checkpointFormat?: string;
  /** Formats that {@link onActivate} can read; the written one alone where it is absent. */
  readonly readsFormats?: readonly string[];
}
