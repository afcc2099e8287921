/** One instance under one token. Times are microseconds of the venue's monotonic clock, on receipt. */
export interface Holder {
  readonly instance: string;
  readonly release: number | null;
  readonly token: number | null;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly firstAcceptedAt: number | null;
  readonly lastAcceptedAt: number | null;
}

/** From the last accepted order of one holder to the first of the next; below zero where they overlapped. */
export interface Handover {
  readonly fromInstance: string;
  readonly toInstance: string;
  readonly fromToken: number;
  readonly toToken: number;
  readonly gapMs: number;
}

/** What the journal says of one account. */
export interface AccountReport {
  /** Orders received, duplicates and refused ones with them. */
  readonly orders: number;
  readonly accepted: number;
  readonly refused: number;
  readonly duplicates: number;
  /**
   * Orders received, and not refused by the fence, under a token below one granted or seen before; and orders
   * of an instance that another had followed under the same token (or without one).
   */
  readonly overlaps: number;
  /** Orders received under a token below one granted or seen before, whatever became of them. */
  readonly staleTokens: number;
  /** The same of cancels and adoptions. */
  readonly staleCancels: number;
  /** Open orders, and positions, of somebody who is not the holder and that the holder has not adopted. */
  readonly orphanOrders: number;
  readonly orphanPositions: number;
  /** Orders that say no token at all, on an account whose tokens are known. */
  readonly foreignOrders: number;
  readonly openOrders: number;
  readonly openPositions: number;
  /** The highest token granted or seen; null where none was. */
  readonly token: number | null;
  readonly holders: readonly Holder[];
  readonly handovers: readonly Handover[];
}

/** The whole account of the witness. */
export interface WitnessReport {
  /** The last entry that was read. */
  readonly seq: number;
  readonly accounts: Readonly<Record<string, AccountReport>>;
}
