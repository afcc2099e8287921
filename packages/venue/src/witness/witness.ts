import type { JournalEntry } from '../journal/index.ts';
import { AccountWitness } from './account-witness.ts';
import type { AccountReport, WitnessReport } from './report.ts';

/**
 * Reads a venue's journal, entry by entry, and says who acted when. It knows nothing else: no clock, no bot's
 * own log, no state of the exchange. Its memory grows with open orders and with holders, not with orders.
 */
export class Witness {
  readonly #accounts = new Map<string, AccountWitness>();
  #seq = 0;

  /** The last entry observed. */
  get seq(): number {
    return this.#seq;
  }

  observe(entry: JournalEntry): void {
    this.#seq = entry.seq;
    if (!('account' in entry) || entry.account === undefined || entry.kind === 'fault') return;
    let account = this.#accounts.get(entry.account);
    if (account === undefined) {
      account = new AccountWitness();
      this.#accounts.set(entry.account, account);
    }
    account.observe(entry);
  }

  /** @param only the one account to report; all of them where absent. */
  report(only?: string): WitnessReport {
    const accounts: Record<string, AccountReport> = {};
    for (const [name, account] of this.#accounts) {
      if (only === undefined || only === name) accounts[name] = account.report();
    }
    return { seq: this.#seq, accounts };
  }
}

/** The witness's findings over a whole journal; the same online and offline. */
export function analyse(entries: Iterable<JournalEntry>, only?: string): WitnessReport {
  const witness = new Witness();
  for (const entry of entries) witness.observe(entry);
  return witness.report(only);
}
