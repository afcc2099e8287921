/** Time and randomness, handed in so that the core has none of its own. */
export interface Clock {
  /** Wall time, milliseconds since the epoch; for people and records, never for measuring. */
  wallMs(): number;
  /** Monotonic time in milliseconds; only differences mean something. */
  monotonicMs(): number;
  /** Identity of this boot; monotonic readings compare only within one. */
  bootId(): string;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Source of ids that are never repeated. */
export interface Ids {
  /** A random id of 128 bits, hex. */
  next(): string;
}
