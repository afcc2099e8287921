import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerExposure, Known, Workload } from '@baton/sdk';
import { known, unknown } from '@baton/sdk';
import { Ledger } from './ledger.ts';
import type { Intent } from './strategy.ts';
import { type OrderRequest, type Position, type VenueClient, type VenueOrder, VenueRefusal } from './venue-client.ts';

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
const mostReadings = 3;
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

  /** Cancels all of our orders and asks what became of each: it can have filled on the way. */
  async cancelAll(token: number): Promise<void> {
    await this.#parts.venue.cancelAll(clientIdPrefix, this.#origin(token));
    await this.#refresh(this.ledger.working);
  }

  /** Takes over what is open, in the book and at the venue. */
  async adopt(token: number): Promise<{ readonly orders: number; readonly positions: number }> {
    const { venue } = this.#parts;
    const { all, positions } = await this.#whole();
    const orders = ours(all);
    this.ledger.adopt(orders, positions);
    const symbols = positions.map(({ symbol }) => symbol);
    await venue.adopt(
      orders.map(({ orderId }) => orderId),
      symbols,
      this.#origin(token),
    );
    return { orders: orders.length, positions: positions.length };
  }

  /**
   * Asks in standby what an activation will ask, so that its connections are open and its code has run when the grant
   * comes. Changes nothing.
   */
  async rehearse(): Promise<BrokerExposure> {
    await this.#whole().catch(() => undefined);
    return this.exposure();
  }

  /** Everything that is open, in lists as long as the venue counts. An order can fill between two of the answers. */
  async #whole(): Promise<{ readonly all: readonly VenueOrder[]; readonly positions: readonly Position[] }> {
    const { venue } = this.#parts;
    for (let reading = 1; ; reading += 1) {
      const [all, positions, counts] = await Promise.all([venue.openOrders(), venue.positions(), venue.openCounts()]);
      if (all.length === counts.orders && positions.length === counts.positions) return { all, positions };
      if (reading === mostReadings) {
        const shown = `${all.length} orders and ${positions.length} positions`;
        throw new Error(`the venue shows ${shown} and counts ${counts.orders} and ${counts.positions}`);
      }
    }
  }

  /** Our open orders, where venue and book agree that these are all. */
  async orders(): Promise<Known<readonly VenueOrder[]>> {
    const { venue } = this.#parts;
    try {
      const all = await venue.openOrders();
      const missing = this.ledger.missing(ours(all));
      if (missing.length === 0) return known(ours(all));
      await this.#refresh(missing);
      const left = this.ledger.missing(ours(all));
      if (left.length === 0) return known(ours(all));
      const { orders } = await venue.openCounts();
      if (orders !== all.length) return unknown(`${left.join(', ')}: in our book and not shown by the venue`);
      this.ledger.correctWorking(all);
      return known(ours(all));
    } catch (error) {
      return unknown(messageOf(error));
    }
  }

  /** The open positions, where venue and book agree that these are all. */
  async positions(): Promise<Known<readonly Position[]>> {
    const { venue } = this.#parts;
    try {
      const positions = await venue.positions();
      if (this.ledger.vanished(positions).length === 0) return known(positions);
      await this.#refresh(this.ledger.working);
      const left = this.ledger.vanished(positions);
      if (left.length === 0) return known(positions);
      // The venue's own count is a second, different answer: where it agrees, our book was wrong.
      const counts = await venue.openCounts();
      if (counts.positions !== positions.length) {
        return unknown(`${left.join(', ')}: held by our book and not shown by the venue`);
      }
      this.ledger.correct(positions);
      return known(positions);
    } catch (error) {
      return unknown(messageOf(error));
    }
  }

  async exposure(): Promise<BrokerExposure> {
    const [orders, positions] = await Promise.all([this.orders(), this.positions()]);
    return {
      openOrders: orders.known ? known(orders.value.length) : orders,
      positions: positions.known ? known(positions.value.length) : positions,
    };
  }

  /** Brings the book up to date on these orders; one that the venue does not show stays in it. */
  async #refresh(clientIds: readonly string[]): Promise<void> {
    for (const order of await Promise.all(clientIds.map((clientId) => this.#parts.venue.find(clientId)))) {
      if (order) this.ledger.record(order);
    }
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
      this.ledger.record(await venue.place(order));
      return true;
    } catch (error) {
      if (error instanceof VenueRefusal) {
        log(`order ${order.clientId} refused: ${error.message}`);
        return false;
      }
      log(`order ${order.clientId} unanswered: ${messageOf(error)}`);
      void this.#resolve(
        order.clientId,
        sentAt,
        this.#parts.workload().doubt(`order ${order.clientId} was not answered`),
      );
      return false;
    }
  }

  /** Asks the venue what became of an order until it can be known. */
  async #resolve(clientId: string, sentAt: number, clear: () => void): Promise<void> {
    const { venue, now, maxInFlightMs, log } = this.#parts;
    this.#inDoubt += 1;
    for (let absences = 0; absences < 2; ) {
      try {
        const late = now() - sentAt > maxInFlightMs;
        const order = await venue.find(clientId);
        if (order) {
          this.ledger.record(order);
          log(`order ${clientId} had landed`);
          break;
        }
        // Unseen within the bound it may still land; unseen twice after it, it never did.
        absences = late ? absences + 1 : 0;
        if (absences === 2) log(`order ${clientId} never landed`);
      } catch {
        absences = 0;
      }
      if (absences < 2) await sleep(retryMs, undefined, { ref: false });
    }
    this.#inDoubt -= 1;
    clear();
  }
}

const ours = (orders: readonly VenueOrder[]): readonly VenueOrder[] =>
  orders.filter(({ clientId }) => clientId.startsWith(clientIdPrefix));
