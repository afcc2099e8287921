import type { AdoptEntry, CancelEntry, FenceEntry, FillEntry, JournalEntry, OrderEntry } from '../journal/index.ts';
import { Holdings } from './holdings.ts';
import type { AccountReport, Handover, Holder } from './report.ts';

type At<T> = T & { readonly at: number };
type MutableHolder = { -readonly [K in keyof Holder]: Holder[K] };

/** Refusals that kept a request from acting because its sender may not act: no overlap comes of them. */
const FENCED = new Set(['stale-token', 'missing-token', 'unauthorised']);

/**
 * Follows who acted last among those with the same right to. Whoever was followed by another and comes again is
 * the second of two that act at once.
 */
class Succession {
  #last: string | undefined;
  #followed = new Set<string>();

  /** True where `trader` had already been followed by another. */
  acts(trader: string): boolean {
    const again = this.#followed.has(trader);
    if (this.#last !== undefined && this.#last !== trader) this.#followed.add(this.#last);
    this.#last = trader;
    return again;
  }

  /** A new right begins: whoever acted under the old one is followed by whoever comes. */
  renew(): void {
    this.#followed = new Set();
  }
}

/** What the entries of one account, in their order, say about those who traded on it. */
export class AccountWitness {
  #orders = 0;
  #accepted = 0;
  #refused = 0;
  #duplicates = 0;
  #overlaps = 0;
  #staleTokens = 0;
  #staleCancels = 0;
  #tokenless = 0;
  #token: number | null = null;
  /** The instance that last showed the highest token. */
  #holder: string | undefined;
  readonly #holders = new Map<string, MutableHolder>();
  readonly #succession = new Succession();
  readonly #tokenlessSuccession = new Succession();
  readonly #holdings = new Holdings();

  observe(entry: JournalEntry): void {
    if (entry.kind === 'order') this.#order(entry);
    else if (entry.kind === 'fill') this.#fill(entry);
    else if (entry.kind === 'cancel') this.#cancel(entry);
    else if (entry.kind === 'adopt') this.#adopt(entry);
    else if (entry.kind === 'fence') this.#granted(entry);
  }

  report(): AccountReport {
    const holder = this.#token === null ? undefined : (this.#holder ?? null);
    return {
      orders: this.#orders,
      accepted: this.#accepted,
      refused: this.#refused,
      duplicates: this.#duplicates,
      overlaps: this.#overlaps,
      staleTokens: this.#staleTokens,
      staleCancels: this.#staleCancels,
      ...this.#holdings.count(holder),
      foreignOrders: this.#token === null ? 0 : this.#tokenless,
      token: this.#token,
      holders: [...this.#holders.values()].map((one) => ({ ...one })),
      handovers: this.#handovers(),
    };
  }

  #order(entry: At<OrderEntry>): void {
    const { origin } = entry.order;
    const fenced = entry.reason !== undefined && FENCED.has(entry.reason);
    const token = origin?.token ?? null;
    const trader = origin?.instance ?? `connection:${entry.connection}`;
    this.#orders += 1;
    if (entry.outcome === 'accepted') this.#accepted += 1;
    else if (entry.outcome === 'refused') this.#refused += 1;
    else this.#duplicates += 1;

    const stale = this.#isStale(token);
    // Who was turned away for a wrong key has shown nothing about this account's tokens.
    if (entry.reason !== 'unauthorised') this.#see(token, trader);
    if (stale) this.#staleTokens += 1;
    if (token === null) this.#tokenless += 1;
    if (!fenced) {
      const succession = token === null ? this.#tokenlessSuccession : this.#succession;
      const second = stale ? true : succession.acts(trader);
      // A tokenless order beside a holder is a foreign one, and is counted as that.
      if (second && (token !== null || this.#token === null)) this.#overlaps += 1;
    }
    this.#note(trader, token, origin?.release ?? null, entry);
    if (entry.outcome === 'accepted' && entry.orderId !== undefined && entry.status === 'open') {
      this.#holdings.opened(entry.orderId, entry.quantity ?? entry.order.quantity, origin?.instance);
    }
  }

  #note(instance: string, token: number | null, release: number | null, entry: At<OrderEntry>): void {
    const key = `${token} ${instance}`;
    const { at } = entry;
    let holder = this.#holders.get(key);
    if (holder === undefined) {
      holder = { instance, release, token, firstAt: at, lastAt: at, firstAcceptedAt: null, lastAcceptedAt: null };
      this.#holders.set(key, holder);
    }
    holder.lastAt = at;
    if (entry.outcome !== 'accepted') return;
    holder.firstAcceptedAt ??= at;
    holder.lastAcceptedAt = at;
  }

  #fill(entry: At<FillEntry>): void {
    this.#holdings.filled(
      entry.orderId,
      entry.symbol,
      entry.side === 'buy' ? entry.quantity : -entry.quantity,
      entry.origin?.instance,
    );
  }

  #cancel(entry: At<CancelEntry>): void {
    this.#actsBeside(entry.origin);
    if (entry.outcome === 'cancelled') this.#holdings.closed(entry.orderId);
  }

  #adopt(entry: At<AdoptEntry>): void {
    this.#actsBeside(entry.origin);
    if (entry.outcome === 'accepted') this.#holdings.adopted(entry.orders, entry.positions, entry.origin.instance);
  }

  #actsBeside(origin: { readonly instance: string; readonly token?: number } | undefined): void {
    if (origin === undefined) return;
    const token = origin.token ?? null;
    if (this.#isStale(token)) this.#staleCancels += 1;
    this.#see(token, origin.instance);
  }

  #granted(entry: At<FenceEntry>): void {
    this.#see(entry.token, undefined);
  }

  #isStale(token: number | null): boolean {
    return token !== null && this.#token !== null && token < this.#token;
  }

  #see(token: number | null, instance: string | undefined): void {
    if (token === null || (this.#token !== null && token < this.#token)) return;
    if (this.#token === null || token > this.#token) {
      this.#token = token;
      this.#holder = undefined;
      this.#succession.renew();
    }
    if (instance !== undefined) this.#holder = instance;
  }

  #handovers(): Handover[] {
    const traded = [...this.#holders.values()]
      .filter((one) => one.token !== null && one.firstAcceptedAt !== null)
      .sort((a, b) => (a.token ?? 0) - (b.token ?? 0) || (a.firstAcceptedAt ?? 0) - (b.firstAcceptedAt ?? 0));
    const handovers: Handover[] = [];
    for (const [index, to] of traded.entries()) {
      const from = traded[index - 1];
      if (from === undefined) continue;
      handovers.push({
        fromInstance: from.instance,
        toInstance: to.instance,
        fromToken: from.token ?? 0,
        toToken: to.token ?? 0,
        gapMs: ((to.firstAcceptedAt ?? 0) - (from.lastAcceptedAt ?? 0)) / 1000,
      });
    }
    return handovers;
  }
}
