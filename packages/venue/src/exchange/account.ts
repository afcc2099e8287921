import type { FillEntry } from '../journal/index.ts';
import type { Order } from './order.ts';

/** Orders that are no longer open stay known by their client id this many orders long. */
const REMEMBERED_ORDERS = 50_000;
const REMEMBERED_FILLS = 10_000;

/** A net position: lots, positive for long, negative for short. */
export interface Position {
  quantity: number;
  /** Sum of price times lots at which it was entered; the average price is this over the quantity. */
  entryCost: number;
}

/** One account: cash, positions, open orders and what it remembers of the closed ones. */
export class Account {
  readonly name: string;
  readonly keyDigest: string | undefined;
  /** Cash in ticks; realised profit is booked here. */
  cash: number;
  /** The highest token granted or seen; lower ones are stale. */
  floor = 0;
  readonly positions = new Map<string, Position>();
  readonly open = new Map<string, Order>();
  readonly fills: (FillEntry & { readonly at: number })[] = [];
  readonly #byClientId = new Map<string, Order>();

  constructor(name: string, balance: number, keyDigest: string | undefined) {
    this.name = name;
    this.cash = balance;
    this.keyDigest = keyDigest;
  }

  raiseFloor(token: number | undefined): void {
    if (token !== undefined && token > this.floor) this.floor = token;
  }

  byClientId(clientId: string): Order | undefined {
    return this.#byClientId.get(clientId);
  }

  byOrderId(orderId: string): Order | undefined {
    return this.open.get(orderId) ?? [...this.#byClientId.values()].find((order) => order.orderId === orderId);
  }

  remember(order: Order): void {
    this.#byClientId.set(order.request.clientId, order);
    if (order.status === 'open') this.open.set(order.orderId, order);
    if (this.#byClientId.size <= REMEMBERED_ORDERS + this.open.size) return;
    for (const [clientId, old] of this.#byClientId) {
      if (old.status === 'open') continue;
      this.#byClientId.delete(clientId);
      return;
    }
  }

  /** Ends an open order. */
  close(order: Order, status: Order['status']): void {
    order.status = status;
    this.open.delete(order.orderId);
  }

  /** Books a fill: the position moves, and what it closed is realised into cash. */
  book(fill: FillEntry & { readonly at: number }): void {
    const signed = fill.side === 'buy' ? fill.quantity : -fill.quantity;
    const position = this.positions.get(fill.symbol) ?? { quantity: 0, entryCost: 0 };
    const closing =
      Math.sign(signed) === -Math.sign(position.quantity) ? Math.min(Math.abs(signed), Math.abs(position.quantity)) : 0;
    if (closing > 0) {
      const entry = position.entryCost / position.quantity;
      this.cash += closing * Math.sign(position.quantity) * (fill.price - entry);
      position.entryCost -= closing * Math.sign(position.quantity) * entry;
      position.quantity -= closing * Math.sign(position.quantity);
    }
    const opening = signed - Math.sign(signed) * closing;
    position.quantity += opening;
    position.entryCost += opening * fill.price;
    if (position.quantity === 0) this.positions.delete(fill.symbol);
    else this.positions.set(fill.symbol, position);
    this.fills.push(fill);
    if (this.fills.length > 2 * REMEMBERED_FILLS) this.fills.splice(0, REMEMBERED_FILLS);
  }

  positionOf(symbol: string): number {
    return this.positions.get(symbol)?.quantity ?? 0;
  }
}
