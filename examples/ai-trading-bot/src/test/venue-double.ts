import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerJson, readBody } from '@baton/sdk';

interface DoubleOrder {
  readonly orderId: string;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly type: 'limit' | 'market';
  readonly quantity: number;
  readonly price?: number;
  readonly timeInForce?: string;
  readonly reduceOnly?: boolean;
  readonly origin?: { readonly release: number; readonly token: number; readonly instance: string };
  filled: number;
  remaining: number;
  status: string;
}

/** What goes wrong with a request that it matches. `unanswered` is carried out; `lost` is not. */
interface PlannedFault {
  readonly method: string;
  readonly path: RegExp;
  readonly how: 'unanswered' | 'lost' | 'empty' | { readonly status: number };
  left: number;
}

/** An exchange of a few lines for the services' own tests: one account, one price, faults on demand. */
export class VenueDouble {
  readonly received: DoubleOrder[] = [];
  readonly adoptions: unknown[] = [];
  readonly open = new Map<string, DoubleOrder>();
  readonly positions = new Map<string, number>();
  readonly #faults: PlannedFault[] = [];
  readonly #server: Server;
  price = 1_000;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Plans a fault for the next `times` requests. */
  fail(method: string, path: RegExp, how: PlannedFault['how'], times = 1): void {
    this.#faults.push({ method, path, how, left: times });
  }

  /** Ends every planned fault. */
  mend(): void {
    this.#faults.length = 0;
  }

  /** Fills an order that rests. */
  fill(order: DoubleOrder): void {
    this.open.delete(order.orderId);
    this.#book(order, order.remaining);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const text = await readBody(request);
    const fault = this.#faults.find(
      ({ method, path, left }) => left > 0 && method === request.method && path.test(pathname),
    );
    if (fault) fault.left -= 1;
    if (typeof fault?.how === 'object') return answerJson(response, fault.how.status, { error: 'planned' });
    if (fault?.how === 'empty') return answerJson(response, 200, []);
    const answer =
      fault?.how === 'lost' ? undefined : this.#carryOut(request.method ?? '', pathname, searchParams, text ?? '');
    if (fault) return void response.destroy();
    answerJson(response, answer === undefined ? 404 : 200, answer ?? { error: 'not-found' });
  }

  #carryOut(method: string, path: string, query: URLSearchParams, text: string): unknown {
    const place = path.replace(/^\/v1\/accounts\/[^/]+\//, '');
    switch (`${method} ${place}`) {
      case 'GET /v1/markets':
        return [{ symbol: 'BTC-PERP', bid: this.price, ask: this.price + 1 }];
      case 'GET orders': {
        const clientId = query.get('clientId');
        return clientId === null
          ? [...this.open.values()]
          : this.received.filter((order) => order.clientId === clientId);
      }
      case 'GET balance': {
        const held = [...this.positions.values()].filter((lots) => lots !== 0);
        return { openOrders: this.open.size, openPositions: held.length };
      }
      case 'GET positions':
        return [...this.positions].filter(([, lots]) => lots !== 0).map(([symbol, quantity]) => ({ symbol, quantity }));
      case 'POST orders':
        return this.#order(JSON.parse(text) as DoubleOrder);
      case 'POST adopt':
        this.adoptions.push(JSON.parse(text));
        return {};
      case 'DELETE orders': {
        for (const order of this.open.values()) {
          if (!order.clientId.startsWith(query.get('clientIdPrefix') ?? '')) continue;
          order.status = 'cancelled';
          this.open.delete(order.orderId);
        }
        return {};
      }
      default:
        // The adapter's own path, so that a bot can be tested without one.
        return path === '/markets/BTC-PERP' ? { bid: this.price, ask: this.price + 1 } : undefined;
    }
  }

  #order(asked: DoubleOrder): DoubleOrder {
    const orderId = `o-${this.received.length + 1}`;
    const order: DoubleOrder = { ...asked, orderId, filled: 0, remaining: asked.quantity, status: 'open' };
    this.received.push(order);
    if (order.type === 'market') {
      const held = this.positions.get(order.symbol) ?? 0;
      this.#book(order, order.reduceOnly ? Math.min(order.quantity, Math.abs(held)) : order.quantity);
    } else if (order.timeInForce === 'ioc') order.status = 'cancelled';
    else this.open.set(orderId, order);
    return order;
  }

  #book(order: DoubleOrder, quantity: number): void {
    const { symbol, side } = order;
    order.filled += quantity;
    order.remaining -= quantity;
    order.status = 'filled';
    if (quantity === 0) return;
    this.positions.set(symbol, (this.positions.get(symbol) ?? 0) + (side === 'buy' ? quantity : -quantity));
  }
}
