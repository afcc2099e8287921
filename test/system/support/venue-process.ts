import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './eventually.ts';
import { killNow } from './processes.ts';

const MAIN = fileURLToPath(new URL('../../../packages/venue/src/main.ts', import.meta.url));

/** What the witness says of an account, as far as these tests ask. */
export interface Witness {
  readonly orders: number;
  readonly accepted: number;
  readonly overlaps: number;
  readonly staleTokens: number;
  readonly orphanOrders: number;
  readonly orphanPositions: number;
  readonly openOrders: number;
  readonly openPositions: number;
  readonly foreignOrders: number;
  readonly token: number | null;
  readonly holders: readonly { readonly instance: string; readonly release: number | null }[];
  readonly handovers: readonly { readonly fromInstance: string; readonly toInstance: string; readonly gapMs: number }[];
}

const NOTHING: Witness = {
  orders: 0,
  accepted: 0,
  overlaps: 0,
  staleTokens: 0,
  orphanOrders: 0,
  orphanPositions: 0,
  openOrders: 0,
  openPositions: 0,
  foreignOrders: 0,
  token: null,
  holders: [],
  handovers: [],
};

/** The reference exchange in a process of its own: the judge of who traded. */
export class VenueProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(journal: string): Promise<VenueProcess> {
    const child = spawn(process.execPath, [MAIN, '--journal', journal, '--open'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const first = new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the venue ended with code ${code}`)));
    });
    const { url } = JSON.parse(await within('the venue listens', 15_000, first)) as { readonly url: string };
    return new VenueProcess(child, url);
  }

  async witness(account: string): Promise<Witness> {
    const report = (await this.#json('GET', '/v1/witness')) as { readonly accounts: Record<string, Witness> };
    return report.accounts[account] ?? NOTHING;
  }

  /** See packages/venue/src/faults/fault.ts. */
  async fault(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#json('POST', '/admin/faults', spec);
  }

  async clearFaults(): Promise<void> {
    await this.#json('DELETE', '/admin/faults');
  }

  /** An order that no instance of Baton's sent. */
  async foreignOrder(account: string, clientId: string): Promise<string> {
    const order = {
      clientId,
      symbol: 'BTC-PERP',
      side: 'buy',
      type: 'limit',
      quantity: 1,
      price: 1,
      timeInForce: 'gtc',
    };
    const answer = await this.#json('POST', `/v1/accounts/${account}/orders`, order);
    return (answer as { readonly orderId: string }).orderId;
  }

  async cancel(account: string, orderId: string): Promise<void> {
    await this.#json('DELETE', `/v1/accounts/${account}/orders/${orderId}`);
  }

  async openOrders(account: string): Promise<readonly { readonly orderId: string; readonly clientId: string }[]> {
    return (await this.#json('GET', `/v1/accounts/${account}/orders`)) as { orderId: string; clientId: string }[];
  }

  async positions(account: string): Promise<readonly { readonly symbol: string; readonly quantity: number }[]> {
    return (await this.#json('GET', `/v1/accounts/${account}/positions`)) as { symbol: string; quantity: number }[];
  }

  async close(): Promise<void> {
    if (this.#child.pid !== undefined) await killNow(this.#child.pid);
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    const sent =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(this.url + path, { method, ...sent, signal: AbortSignal.timeout(10_000) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`venue ${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
