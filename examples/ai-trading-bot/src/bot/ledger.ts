import type { Fill, OpenOrder, OrderRequest, OrderResult, Position, Side } from './venue-client.ts';

interface Working {
  readonly symbol: string;
  readonly quantity: number;
  readonly filled: number;
}

/** Lots bought are positive, lots sold negative. */
const signed = (side: Side, quantity: number): number => (side === 'buy' ? quantity : -quantity);

/**
 * The bot's own book: what it believes is open at the venue. It is the second witness: a venue that answers
 * "nothing is open" to a query that went wrong is caught by the book that says otherwise.
 */
export class Ledger {
  /** Orders that may still fill, by client id. */
  readonly #working = new Map<string, Working>();
  readonly #net = new Map<string, number>();

  /** Begins from what the venue shows, as at an activation. */
  adopt(orders: readonly OpenOrder[], positions: readonly Position[]): void {
    this.#working.clear();
    this.#net.clear();
    for (const { clientId, symbol, filled, remaining } of orders) {
      this.#working.set(clientId, { symbol, quantity: filled + remaining, filled });
    }
    for (const { symbol, quantity } of positions) this.#net.set(symbol, quantity);
  }

  placed(order: OrderRequest, result: OrderResult): void {
    this.#move(order.symbol, signed(order.side, result.filled));
    const rests = result.remaining > 0 && order.type === 'limit' && order.timeInForce !== 'ioc';
    if (!rests) return;
    this.#working.set(order.clientId, { symbol: order.symbol, quantity: order.quantity, filled: result.filled });
  }

  /** Takes in what the venue says has filled of the orders that were working. */
  filled(fills: readonly Fill[]): void {
    for (const [clientId, order] of this.#working) {
      const own = fills.filter((fill) => fill.clientId === clientId);
      const total = own.reduce((sum, { quantity }) => sum + quantity, 0);
      const [first] = own;
      if (!first || total <= order.filled) continue;
      this.#move(order.symbol, signed(first.side, total - order.filled));
      if (total >= order.quantity) this.#working.delete(clientId);
      else this.#working.set(clientId, { ...order, filled: total });
    }
  }

  /** The venue confirmed that no order of ours is working any more. */
  allCancelled(): void {
    this.#working.clear();
  }

  position(symbol: string): number {
    return this.#net.get(symbol) ?? 0;
  }

  get workingCount(): number {
    return this.#working.size;
  }

  /** Orders of ours that should be open and that `orders` does not show. */
  missing(orders: readonly OpenOrder[]): readonly string[] {
    const shown = new Set(orders.map(({ clientId }) => clientId));
    return [...this.#working.keys()].filter((clientId) => !shown.has(clientId));
  }

  /** Symbols in which we hold something and `positions` shows nothing. */
  vanished(positions: readonly Position[]): readonly string[] {
    const shown = new Set(positions.map(({ symbol }) => symbol));
    return [...this.#net].filter(([symbol, lots]) => lots !== 0 && !shown.has(symbol)).map(([symbol]) => symbol);
  }

  #move(symbol: string, lots: number): void {
    if (lots !== 0) this.#net.set(symbol, (this.#net.get(symbol) ?? 0) + lots);
  }
}
