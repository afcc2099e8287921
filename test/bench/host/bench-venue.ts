import { join } from 'node:path';
import type { AccountReport, WitnessReport } from '@baton/venue';
import { Child } from '../child.ts';
import type { BenchContext } from '../context.ts';
import { compileCache } from './compiled.ts';

/** A venue in witness mode, in a process of its own. It outlives whoever trades on it. */
export class BenchVenue {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /** Start it before the host, which then is gone before it. */
  static async start(context: BenchContext): Promise<BenchVenue> {
    const main = join(context.root, 'packages/venue/src/main.ts');
    const args = [main, '--journal', join(context.dir, 'venue.jsonl'), '--open'];
    const child = new Child(process.execPath, args, { env: compileCache(context) });
    context.defer(() => child.stop());
    const started = JSON.parse(await child.waitForLine(/^\{"url"/)) as { readonly url: string };
    return new BenchVenue(started.url);
  }

  /** What the journal says of an account. @throws Error where it never ordered */
  async witness(account: string): Promise<AccountReport> {
    const report = await this.#report(account);
    if (report === undefined) throw new Error(`the venue never saw the account ${account}`);
    return report;
  }

  /** How many instances had an order accepted, one after the other. */
  async holdersThatTraded(account: string): Promise<number> {
    const { holders = [] } = (await this.#report(account)) ?? {};
    return holders.filter(({ firstAcceptedAt }) => firstAcceptedAt !== null).length;
  }

  /** Sends an order as whoever `origin` says. */
  async order(account: string, origin: { readonly instance: string; readonly token: number }): Promise<void> {
    await this.#call('POST', `/v1/accounts/${account}/orders`, {
      clientId: `seeded-${origin.token}`,
      symbol: 'BTC-PERP',
      side: 'buy',
      type: 'limit',
      quantity: 1,
      price: 1,
      timeInForce: 'ioc',
      origin,
    });
  }

  async #report(account: string): Promise<AccountReport | undefined> {
    const { accounts } = (await this.#call('GET', `/v1/witness?account=${account}`)) as WitnessReport;
    return accounts[account];
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(this.url + path, init);
    if (!response.ok) throw new Error(`the venue answered ${response.status} to ${method} ${path}`);
    return await response.json();
  }
}
