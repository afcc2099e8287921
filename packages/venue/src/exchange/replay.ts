import type { JournalEntry, OrderEntry } from '../journal/index.ts';
import { Account } from './account.ts';
import type { Order } from './order.ts';

/** Builds the accounts up again from the journal of an earlier run. */
export class Replay {
  readonly #accounts: Map<string, Account>;
  #last: Order | undefined;
  /** Number of the next order. */
  nextOrder = 1;

  constructor(accounts: Map<string, Account>) {
    this.#accounts = accounts;
  }

  apply(entry: JournalEntry): void {
    if (entry.kind === 'started' || entry.kind === 'fault') return;
    if (entry.kind === 'account') {
      this.#accounts.set(entry.account, new Account(entry.account, entry.balance, entry.keyDigest));
      return;
    }
    const account = this.#accounts.get(entry.account);
    if (account === undefined) return;
    if (entry.kind === 'fence') account.raiseFloor(entry.token);
    else if (entry.kind === 'order') this.#order(account, entry);
    else if (entry.kind === 'fill') this.#fill(account, entry);
    else account.raiseFloor(entry.origin?.token);
    if (entry.kind === 'cancel' && entry.outcome === 'cancelled') {
      const order = account.open.get(entry.orderId);
      if (order !== undefined) account.close(order, 'cancelled');
    }
  }

  #order(account: Account, entry: OrderEntry): void {
    account.raiseFloor(entry.order.origin?.token);
    if (entry.outcome !== 'accepted' || entry.orderId === undefined) return;
    const { orderId, order: request, quantity = request.quantity, status = 'open' } = entry;
    this.#last = { orderId, account: account.name, request, quantity, status, filled: 0, cost: 0 };
    this.nextOrder = Math.max(this.nextOrder, Number(orderId.slice(2)) + 1);
    account.remember(this.#last);
  }

  #fill(account: Account, fill: JournalEntry & { kind: 'fill' }): void {
    account.book(fill);
    // A taker's fills follow its order at once; a maker's order is open.
    const order =
      fill.role === 'taker' && this.#last?.orderId === fill.orderId ? this.#last : account.open.get(fill.orderId);
    if (order === undefined) return;
    order.filled += fill.quantity;
    order.cost += fill.quantity * fill.price;
    if (order.status === 'open' && order.filled === order.quantity) account.close(order, 'filled');
  }
}
