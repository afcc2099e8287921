import type { Position, Side, VenueOrder } from './venue-client.ts';

/** Lots bought are positive, lots sold negative. */
const signed = (side: Side, lots: number): number => (side === 'buy' ? lots : -lots);

/**
 * The bot's own book: what it believes is open at the venue. It is the second witness: a venue that answers
 * "nothing is open" to a query that went wrong is caught by the book that says otherwise.
 */
export class Ledger {
  /** Lots filled so far of each order that may still fill, by client id. */
  readonly #working = new Map<string, number>();
  readonly #net = new Map<string, number>();

  /** Begins from what the venue shows, as at an activation. */
  adopt(orders: readonly VenueOrder[], positions: readonly Position[]): void {
    this.#working.clear();
    this.#net.clear();
    for (const { clientId, filled } of orders) this.#working.set(clientId, filled);
    this.correct(positions);
  }

  /** Takes in the state of one order, as the venue answered it now or later. */
  record({ clientId, symbol, side, status, filled }: VenueOrder): void {
    const before = this.#working.get(clientId) ?? 0;
    if (filled > before) this.#net.set(symbol, this.position(symbol) + signed(side, filled - before));
    if (status === 'open') this.#working.set(clientId, Math.max(filled, before));
    else this.#working.delete(clientId);
  }

  /** Takes the venue's positions for true in place of our own sums. */
  correct(positions: readonly Position[]): void {
    this.#net.clear();
    for (const { symbol, quantity } of positions) this.#net.set(symbol, quantity);
  }

  /** Takes it for true that no other order than these works. */
  correctWorking(orders: readonly VenueOrder[]): void {
    for (const clientId of this.missing(orders)) this.#working.delete(clientId);
  }

  position(symbol: string): number {
    return this.#net.get(symbol) ?? 0;
  }

  get working(): readonly string[] {
    return [...this.#working.keys()];
  }

  /** Orders of ours that should be open and that `orders` does not show. */
  missing(orders: readonly VenueOrder[]): readonly string[] {
    const shown = new Set(orders.map(({ clientId }) => clientId));
    return this.working.filter((clientId) => !shown.has(clientId));
  }

  /** Symbols in which we hold something and `positions` shows nothing. */
  vanished(positions: readonly Position[]): readonly string[] {
    const shown = new Set(positions.map(({ symbol }) => symbol));
    return [...this.#net].filter(([symbol, lots]) => lots !== 0 && !shown.has(symbol)).map(([symbol]) => symbol);
  }
}
