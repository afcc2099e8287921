import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerExposure, Known, Workload } from '@baton/sdk';
import { known, unknown } from '@baton/sdk';
import { Ledger } from './ledger.ts';
import type { Intent } from './strategy.ts';
import { type OpenOrder, type OrderRequest, type Position, type VenueClient, VenueRefusal } from './venue-client.ts';

export interface OrderDeskParts {
  readonly venue: VenueClient;
  readonly workload: () => Workload;
  readonly symbol: string;
  /** How long an order whose answer did not come may still land. */
  readonly maxInFlightMs: number;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Every client id of the bot begins so; whatever else is in the account is foreign. */
export const clientIdPrefix = 'ait-';

const retryMs = 100;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sends orders, keeps the book of them, and says what is open. */
export class OrderDesk {
  readonly ledger = new Ledger();
  readonly #parts: OrderDeskParts;
  #sequence = 0;
  #inDoubt = 0;

  constructor(parts: OrderDeskParts) {
    this.#parts = parts;
  }

  /** An order whose fate is unknown stands in the way of the next one. */
  get inDoubt(): boolean {
    return this.#inDoubt > 0;
  }

  /** Sends an order of the strategy while this process may act; true where the venue took it. */
  trade(intent: Intent): Promise<boolean> {
    const { workload, symbol } = this.#parts;
    return workload().act((token) =>
      this.#send({
        ...this.#identify(token),
        symbol,
        side: intent.side,
        quantity: intent.quantity,
        ...(intent.price === undefined
          ? { type: 'market' as const }
          : { type: 'limit' as const, price: intent.price, timeInForce: 'gtc' as const }),
      }),
    );
  }

  /** Closes a position at market. Cannot open one: it only reduces. For settling, after acting has ended. */
  reduce(position: Position, token: number): Promise<boolean> {
    return this.#parts.workload().track(
      this.#send({
        ...this.#identify(token),
        symbol: position.symbol,
        side: position.quantity > 0 ? 'sell' : 'buy',
        type: 'market',
        quantity: Math.abs(position.quantity),
        reduceOnly: true,
      }),
    );
  }

  /** Cancels all of our orders; throws where the venue did not confirm it. */
  async cancelAll(): Promise<void> {
    const { venue } = this.#parts;
    await venue.cancelAll(clientIdPrefix);
    // An order can fill while it is being cancelled: the book takes that in before it forgets the order.
    this.ledger.filled(await venue.fills());
    this.ledger.allCancelled();
  }

  /** Takes over what is open, in the book and at the venue. */
  async adopt(token: number): Promise<{ readonly orders: number; readonly positions: number }> {
    const { venue } = this.#parts;
    const [orders, positions] = await Promise.all([this.#ours(), venue.positions()]);
    this.ledger.adopt(orders, positions);
    const names = positions.map(({ symbol }) => symbol);
    await venue.adopt(
      orders.map(({ orderId }) => orderId),
      names,
      this.#origin(token),
    );
    return { orders: orders.length, positions: positions.length };
  }

  /** The open positions, where venue and book agree that it is all. */
  async positions(): Promise<Known<readonly Position[]>> {
    return this.#agreed(
      () => this.#parts.venue.positions(),
      (positions) => this.ledger.vanished(positions),
      'held by our book and not shown by the venue',
    );
  }

  async orders(): Promise<Known<readonly OpenOrder[]>> {
    return this.#agreed(
      () => this.#ours(),
      (orders) => this.ledger.missing(orders),
      'neither open nor filled at the venue',
    );
  }

  async exposure(): Promise<BrokerExposure> {
    const [orders, positions] = await Promise.all([this.orders(), this.positions()]);
    return {
      openOrders: orders.known ? known(orders.value.length) : orders,
      positions: positions.known ? known(positions.value.length) : positions,
    };
  }

  /** Asks, and believes an answer that lacks something of ours only where the fills explain it. */
  async #agreed<T>(ask: () => Promise<T>, lacking: (answer: T) => readonly string[], what: string): Promise<Known<T>> {
    try {
      const answer = await ask();
      if (lacking(answer).length === 0) return known(answer);
      this.ledger.filled(await this.#parts.venue.fills());
      const left = lacking(answer);
      return left.length === 0 ? known(answer) : unknown(`${left.join(', ')}: ${what}`);
    } catch (error) {
      return unknown(messageOf(error));
    }
  }

  async #ours(): Promise<readonly OpenOrder[]> {
    const orders = await this.#parts.venue.openOrders();
    return orders.filter(({ clientId }) => clientId.startsWith(clientIdPrefix));
  }

  #identify(token: number): Pick<OrderRequest, 'clientId' | 'origin'> {
    this.#sequence += 1;
    const origin = this.#origin(token);
    return { clientId: `${clientIdPrefix}${origin.release}-${token}-${this.#sequence}`, origin };
  }

  #origin(token: number): OrderRequest['origin'] {
    const { release, instance } = this.#parts.workload().identity;
    return { release, token, instance };
  }

  async #send(order: OrderRequest): Promise<boolean> {
    const { venue, log, now } = this.#parts;
    const sentAt = now();
    try {
      this.ledger.placed(order, await venue.place(order));
      return true;
    } catch (error) {
      if (error instanceof VenueRefusal) {
        log(`order ${order.clientId} refused: ${error.message}`);
        return false;
      }
      log(`order ${order.clientId} unanswered: ${messageOf(error)}`);
      void this.#resolve(order, sentAt, this.#parts.workload().doubt(`order ${order.clientId} was not answered`));
      return false;
    }
  }

  /** Asks the venue what became of an order until it can be known. */
  async #resolve(order: OrderRequest, sentAt: number, clear: () => void): Promise<void> {
    const { venue, now, maxInFlightMs, log } = this.#parts;
    this.#inDoubt += 1;
    for (;;) {
      const late = now() - sentAt > maxInFlightMs;
      try {
        const [open, fills] = await Promise.all([venue.openOrders(), venue.fills()]);
        const standing = open.find(({ clientId }) => clientId === order.clientId);
        const filled = fills
          .filter(({ clientId }) => clientId === order.clientId)
          .reduce((sum, f) => sum + f.quantity, 0);
        // Unseen within the bound it may still land; unseen after it, it never did.
        if (standing || filled > 0 || late) {
          const remaining = standing?.remaining ?? 0;
          const { clientId } = order;
          this.ledger.placed(order, { orderId: standing?.orderId ?? '', clientId, status: '', filled, remaining });
          log(`order ${clientId} ${standing || filled > 0 ? 'had landed' : 'never landed'}`);
          break;
        }
      } catch {
        // The venue does not answer: the doubt stands.
      }
      await sleep(retryMs, undefined, { ref: false });
    }
    this.#inDoubt -= 1;
    clear();
  }
}
