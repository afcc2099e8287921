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

/** An order as the venue has it. */
export interface VenueOrder {
  readonly orderId: string;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side;
  /** `open` may still fill; every other status is final. */
  readonly status: string;
  readonly filled: number;
  readonly remaining: number;
}

export interface Position {
  readonly symbol: string;
  /** Lots; negative is short. */
  readonly quantity: number;
}

/** How much is open in the whole account, as the venue counts it: tells whether a list was whole. */
export interface OpenCounts {
  readonly orders: number;
  readonly positions: number;
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
type Headers = Readonly<Record<string, string>>;

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
  readonly #headers: Headers;
  readonly #timeoutMs: number;

  constructor({ baseUrl, account, apiKey, timeoutMs }: VenueClientParts) {
    this.#base = new URL(baseUrl);
    this.#account = `/v1/accounts/${encodeURIComponent(account)}`;
    this.#headers = apiKey === undefined || apiKey === '' ? {} : { 'x-api-key': apiKey };
    this.#timeoutMs = timeoutMs;
  }

  /** @throws VenueRefusal where nothing was placed; any other error means that the order may stand. */
  async place(order: OrderRequest): Promise<VenueOrder> {
    return venueOrder((await this.#call('POST', `${this.#account}/orders`, order)) as Fields);
  }

  /** The order of that client id, open or not; undefined where the venue shows none. */
  async find(clientId: string): Promise<VenueOrder | undefined> {
    const found = await this.#list('orders', venueOrder, `?clientId=${encodeURIComponent(clientId)}`);
    return found.find((order) => order.clientId === clientId);
  }

  async cancelAll(clientIdPrefix: string, origin: OrderRequest['origin']): Promise<void> {
    const query = `?clientIdPrefix=${encodeURIComponent(clientIdPrefix)}`;
    await this.#call('DELETE', `${this.#account}/orders${query}`, undefined, { 'x-origin': JSON.stringify(origin) });
  }

  openOrders(): Promise<readonly VenueOrder[]> {
    return this.#list('orders', venueOrder);
  }

  async positions(): Promise<readonly Position[]> {
    const all = await this.#list('positions', (item) => ({
      symbol: text(item.symbol),
      quantity: number(item.quantity),
    }));
    return all.filter(({ quantity }) => quantity !== 0);
  }

  async openCounts(): Promise<OpenCounts> {
    const body = (await this.#call('GET', `${this.#account}/balance`)) as Fields;
    return { orders: number(body.openOrders), positions: number(body.openPositions) };
  }

  /** Tells the venue that what is open has a new owner. */
  async adopt(orders: readonly string[], positions: readonly string[], origin: OrderRequest['origin']): Promise<void> {
    if (orders.length === 0 && positions.length === 0) return;
    await this.#call('POST', `${this.#account}/adopt`, { orders, positions, origin });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #list<T>(name: string, read: (item: Fields) => T, query = ''): Promise<readonly T[]> {
    const body = await this.#call('GET', `${this.#account}/${name}${query}`);
    const items: unknown = Array.isArray(body) ? body : (body as Fields | null)?.[name];
    if (!Array.isArray(items)) throw new Error(`the venue answered no list of ${name}`);
    return items.map((item) => read(item as Fields));
  }

  async #call(method: string, path: string, body?: object, headers: Headers = {}): Promise<unknown> {
    const { status, text: answer } = await this.#send(method, path, body && JSON.stringify(body), headers);
    // 429 is a refusal too: the venue did not look at the request.
    if (status >= 400 && status < 500 && status !== 408) {
      throw new VenueRefusal(status, `${method} ${path} answered ${status}: ${answer.slice(0, 200)}`);
    }
    if (status < 200 || status >= 300) throw new Error(`${method} ${path} answered ${status}`);
    return answer === '' ? undefined : (JSON.parse(answer) as unknown);
  }

  #send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Headers,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host: this.#base.hostname,
        port: this.#base.port,
        method,
        path: this.#base.pathname.replace(/\/$/, '') + path,
        headers: {
          ...this.#headers,
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
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

function venueOrder(item: Fields): VenueOrder {
  return {
    orderId: text(item.orderId),
    clientId: text(item.clientId),
    symbol: text(item.symbol),
    side: item.side === 'sell' ? 'sell' : 'buy',
    status: text(item.status),
    filled: number(item.filled),
    remaining: number(item.remaining),
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('an unreadable answer of the venue');
  return value;
}
function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error('an unreadable answer of the venue');
  return value;
}
