import type { InstanceId, Slot, Token } from '../names.ts';
import type { Checkpoint } from '../ports/lifecycle.ts';

/** Who may act. A holder is one process start, named by its nonce; a restart is another. */
export interface Holder {
  readonly instance: InstanceId;
  readonly service: string;
  readonly slot: Slot;
  readonly release: number;
  /** `app/environment` it runs in; one account may be declared by several apps. */
  readonly scope: string;
}

/** The emergency stop. While it is set nothing acts. */
export interface Latch {
  readonly setAt: number;
  readonly by: string;
  readonly reason: string;
}

/**
 * The baton of one broker account (or, for a singleton that does not trade, of one service).
 * Source of every rule: PROTOCOL, "The record".
 */
export interface BatonRecord {
  readonly key: string;
  /** Rises with every grant and every revoke; never reused, the record is never deleted. */
  readonly token: Token;
  readonly holder: Holder | null;
  /** The last holder, until it is proven that it cannot act. No grant while this is set. */
  readonly unproven: Holder | null;
  readonly latch: Latch | null;
  /** Highest driver epoch that wrote here; a lower one of the same scope is refused. */
  readonly epoch: number;
  /** Whose epoch that is: each scope counts its drivers for itself, and one account may be declared by several. */
  readonly epochScope?: string;
  readonly checkpoint: (Checkpoint & { readonly from: InstanceId }) | null;
}

export const emptyBaton = (key: string): BatonRecord => ({
  key,
  token: 0,
  holder: null,
  unproven: null,
  latch: null,
  epoch: 0,
  checkpoint: null,
});

/** The store's key of a baton: by account where one is traded, else by service. */
export const batonKey = (scope: string, service: string, account: string | undefined): string =>
  account === undefined ? `service/${scope}/${service}` : `account/${account}`;
export const batonRecordKey = (key: string): string => `baton/${key}`;
