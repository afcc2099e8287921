import { Agent, request } from 'node:http';

export type Side = 'buy' | 'sell';

export interface OrderRequest {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: 'limit' | 'market';
  /** Lots. */
  readonly quantity: number;
  /** Ticks; of a limit order. */
  readonly price?: number;
  readonly timeInForce?: 'gtc' | 'ioc';
  readonly reduceOnly?: boolean;
  /** Who sends it, for the venue's journal and its fence. */
  readonly origin: { readonly release: number; readonly token: number; readonly instance: string };
}

export interface OrderResult {
  readonly orderId: string;
  readonly clientId: string;
  readonly status: string;
  readonly filled: number;
  readonly remaining: number;
}

export interface OpenOrder {
  readonly orderId: string;
  readonly clientId: string;
  readonly symbol: string;
  readonly filled: number;
  readonly remaining: number;
}

export interface Position {
  readonly symbol: string;
  /** Lots; negative is short. */
  readonly quantity: number;
}

export interface Fill {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
}

/** The venue said no: nothing happened there. Every other failure leaves the outcome unknown. */
export class VenueRefusal extends Error {
  override readonly name = 'VenueRefusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Fields = Readonly<Record<string, unknown>>;

export interface VenueClientParts {
  /** The venue itself, or an adapter that relays its paths. */
  readonly baseUrl: string;
  readonly account: string;
  readonly apiKey?: string;
  /** After which the outcome of a request is unknown. */
  readonly timeoutMs: number;
}

/** The venue's REST API. A query that failed throws; it never answers empty. */
export class VenueClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #base: URL;
  readonly #account: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor({ baseUrl, account, apiKey, timeoutMs }: VenueClientParts) {
    this.#base = new URL(baseUrl);
    this.#account = `/v1/accounts/${encodeURIComponent(account)}`;
    this.#headers = apiKey === undefined || apiKey === '' ? {} : { 'x-api-key': apiKey };
    this.#timeoutMs = timeoutMs;
  }

  /** @throws VenueRefusal where nothing was placed; any other error means that the order may stand. */
  async place(order: OrderRequest): Promise<OrderResult> {
    const body = (await this.#call('POST', `${this.#account}/orders`, order)) as OrderResult;
    if (typeof body?.orderId !== 'string' || typeof body.filled !== 'number') throw new Error('an unreadable answer');
    return body;
  }

  async cancelAll(clientIdPrefix: string): Promise<void> {
    await this.#call('DELETE', `${this.#account}/orders?clientIdPrefix=${encodeURIComponent(clientIdPrefix)}`);
  }

  openOrders(): Promise<readonly OpenOrder[]> {
    return this.#list('orders', (item) => ({
      orderId: text(item.orderId),
      clientId: text(item.clientId),
      symbol: text(item.symbol),
      filled: number(item.filled),
      remaining: number(item.remaining),
    }));
  }

  async positions(): Promise<readonly Position[]> {
    const all = await this.#list('positions', (item) => ({
      symbol: text(item.symbol),
      quantity: number(item.quantity),
    }));
    return all.filter(({ quantity }) => quantity !== 0);
  }

  fills(): Promise<readonly Fill[]> {
    return this.#list('fills', (item) => ({
      clientId: text(item.clientId),
      symbol: text(item.symbol),
      side: item.side === 'sell' ? 'sell' : 'buy',
      quantity: number(item.quantity),
    }));
  }

  /** Tells the venue that what is open has a new owner. */
  async adopt(orders: readonly string[], positions: readonly string[], origin: OrderRequest['origin']): Promise<void> {
    if (orders.length === 0 && positions.length === 0) return;
    await this.#call('POST', `${this.#account}/adopt`, { orders, positions, origin });
  }

  /** Opens a connection, so that the first order does not wait for one. */
  async warm(): Promise<void> {
    await this.#call('GET', '/v1/markets');
  }

  close(): void {
    this.#agent.destroy();
  }

  async #list<T>(name: string, read: (item: Fields) => T): Promise<readonly T[]> {
    const body = await this.#call('GET', `${this.#account}/${name}`);
    const items: unknown = Array.isArray(body) ? body : (body as Fields | null)?.[name];
    if (!Array.isArray(items)) throw new Error(`the venue answered no list of ${name}`);
    return items.map((item) => read(item as Fields));
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const { status, text: answer } = await this.#send(method, path, body && JSON.stringify(body));
    // 429 is a refusal too: the venue did not look at the request.
    if (status >= 400 && status < 500 && status !== 408) {
      throw new VenueRefusal(status, `${method} ${path} answered ${status}: ${answer.slice(0, 200)}`);
    }
    if (status < 200 || status >= 300) throw new Error(`${method} ${path} answered ${status}`);
    return answer === '' ? undefined : (JSON.parse(answer) as unknown);
  }

  #send(method: string, path: string, body: string | undefined): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host: this.#base.hostname,
        port: this.#base.port,
        method,
        path: this.#base.pathname.replace(/\/$/, '') + path,
        headers: body === undefined ? this.#headers : { ...this.#headers, 'content-type': 'application/json' },
      });
      const bound = setTimeout(
        () => sent.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      sent.on('close', () => clearTimeout(bound));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
        response.on('error', reject);
      });
      sent.end(body);
    });
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('an unreadable answer of the venue');
  return value;
}
function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error('an unreadable answer of the venue');
  return value;
}
