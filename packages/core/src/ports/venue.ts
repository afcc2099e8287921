import type { Known } from '../known.ts';

/** An order or position as the broker itself reports it. */
export interface VenueOrder {
  readonly clientId: string;
  readonly orderId: string;
}
export interface VenueExposure {
  readonly orders: readonly VenueOrder[];
  readonly positions: readonly { readonly symbol: string; readonly quantity: number }[];
}

/** The broker, out of band. A failed query is unknown, never empty. */
export interface Venue {
  exposure(account: string): Promise<Known<VenueExposure>>;
  cancelAll(account: string, clientIdPrefix: string): Promise<Known<number>>;
  /** Refuses tokens below this one from now on, where the venue fences. */
  fence(account: string, token: number): Promise<Known<boolean>>;
}
