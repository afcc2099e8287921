/** Nobody that the journal names: an order that carried no origin. */
const NOBODY = '';

interface OpenOrder {
  remaining: number;
  owner: string;
}
interface OpenPosition {
  quantity: number;
  /** Everybody whose fills made it since it was last flat. */
  owners: Set<string>;
}

/** The open orders and positions of one account, and whose they are. */
export class Holdings {
  readonly #orders = new Map<string, OpenOrder>();
  readonly #positions = new Map<string, OpenPosition>();

  opened(orderId: string, quantity: number, instance: string | undefined): void {
    this.#orders.set(orderId, { remaining: quantity, owner: instance ?? NOBODY });
  }

  closed(orderId: string): void {
    this.#orders.delete(orderId);
  }

  /** Books a fill of `lots`, negative for sold ones. The owner of an adopted order is its adopter. */
  filled(orderId: string, symbol: string, lots: number, instance: string | undefined): void {
    const order = this.#orders.get(orderId);
    if (order !== undefined) {
      order.remaining -= Math.abs(lots);
      if (order.remaining <= 0) this.#orders.delete(orderId);
    }
    const owner = order?.owner ?? instance ?? NOBODY;
    const position = this.#positions.get(symbol) ?? { quantity: 0, owners: new Set<string>() };
    const before = position.quantity;
    position.quantity += lots;
    if (position.quantity === 0) {
      this.#positions.delete(symbol);
      return;
    }
    const turned = before !== 0 && Math.sign(before) !== Math.sign(position.quantity);
    if (turned) position.owners = new Set();
    // What only reduces a position does not make it anybody else's.
    if (turned || Math.abs(position.quantity) > Math.abs(before)) position.owners.add(owner);
    this.#positions.set(symbol, position);
  }

  adopted(orders: readonly string[], positions: readonly string[], instance: string): void {
    for (const orderId of orders) {
      const order = this.#orders.get(orderId);
      if (order !== undefined) order.owner = instance;
    }
    for (const symbol of positions) {
      const position = this.#positions.get(symbol);
      if (position !== undefined) position.owners = new Set([instance]);
    }
  }

  /**
   * How many there are, and how many are not the holder's. `null` is a token that nobody showed yet: nothing is
   * anybody's then. Without any token (`undefined`) there is no holder to compare with, and no orphan.
   */
  count(holder: string | null | undefined): {
    openOrders: number;
    openPositions: number;
    orphanOrders: number;
    orphanPositions: number;
  } {
    const lost = (owner: string) => holder !== undefined && owner !== holder;
    return {
      openOrders: this.#orders.size,
      openPositions: this.#positions.size,
      orphanOrders: [...this.#orders.values()].filter(({ owner }) => lost(owner)).length,
      orphanPositions: [...this.#positions.values()].filter(({ owners }) => [...owners].some(lost)).length,
    };
  }
}
