/** Who sent a request, as it says itself. All but the instance may be missing: not every program knows of tokens. */
export interface Origin {
  readonly instance: string;
  readonly release?: number;
  readonly token?: number;
}

export type OrderSide = 'buy' | 'sell';
export type OrderType = 'limit' | 'market';
export type TimeInForce = 'gtc' | 'ioc';
/** `open` rests in the book; the other three are final. */
export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'expired';

/** An order as it was asked for. Quantities are whole lots, prices whole ticks. */
export interface OrderRequest {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly quantity: number;
  readonly price?: number;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly origin?: Origin;
}

/** Why an order or a cancel was not taken. `stale-token` and `missing-token` are the fence's. */
export type RefusalReason =
  | 'stale-token'
  | 'missing-token'
  | 'unauthorised'
  | 'insufficient-balance'
  | 'reduce-only'
  | 'market-suspended'
  | 'fault-unauthorised'
  | 'fault-rate-limited';

/**
 * An order that arrived, whatever became of it. `connection` numbers the TCP connection it came on, for
 * those that carry no origin.
 */
export interface OrderEntry {
  readonly kind: 'order';
  readonly account: string;
  readonly connection: number;
  readonly order: OrderRequest;
  readonly outcome: 'accepted' | 'refused' | 'duplicate';
  /** The order's id, of the first one for a duplicate; absent where it was refused. */
  readonly orderId?: string;
  readonly reason?: RefusalReason;
  /** Where it stood when it had been matched; fills come as entries of their own. */
  readonly status?: OrderStatus;
  /** Lots taken on after `reduceOnly`; the fills and the rest add up to this. */
  readonly quantity?: number;
  readonly fault?: string;
}

/** One side of one execution. */
export interface FillEntry {
  readonly kind: 'fill';
  readonly account: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantity: number;
  readonly price: number;
  readonly role: 'maker' | 'taker';
  readonly origin?: Origin;
}

/** A cancel that arrived, for one order. */
export interface CancelEntry {
  readonly kind: 'cancel';
  readonly account: string;
  readonly orderId: string;
  /** `lost`: answered as done and not done (a fault). */
  readonly outcome: 'cancelled' | 'not-open' | 'lost' | 'refused';
  readonly reason?: RefusalReason;
  readonly origin?: Origin;
  readonly fault?: string;
}

export interface AdoptEntry {
  readonly kind: 'adopt';
  readonly account: string;
  readonly orders: readonly string[];
  readonly positions: readonly string[];
  readonly origin: Origin;
  readonly outcome: 'accepted' | 'refused';
}

export interface FenceEntry {
  readonly kind: 'fence';
  readonly account: string;
  readonly token: number;
}

export interface AccountEntry {
  readonly kind: 'account';
  readonly account: string;
  /** Cash in ticks. */
  readonly balance: number;
  /** SHA-256 of the API key, hex; the key itself is never written. */
  readonly keyDigest?: string;
}

export interface StartedEntry {
  readonly kind: 'started';
  readonly mode: VenueMode;
  readonly seed: number;
  readonly symbols: readonly string[];
  /** Wall time, for people; every other time is monotonic. */
  readonly wallMs: number;
}

export interface FaultEntry {
  readonly kind: 'fault';
  readonly account?: string;
  readonly fault: string;
  readonly change: 'set' | 'fired' | 'cleared';
}

export type VenueMode = 'witness' | 'fencing';

export type JournalFact =
  | OrderEntry
  | FillEntry
  | CancelEntry
  | AdoptEntry
  | FenceEntry
  | AccountEntry
  | StartedEntry
  | FaultEntry;

/**
 * One line of the journal. `seq` rises by one; `at` is the receipt of the request, in microseconds of the
 * machine's monotonic clock, and never falls.
 */
export type JournalEntry = JournalFact & { readonly seq: number; readonly at: number };
