import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Account, orderView, refusal } from '../exchange/index.ts';
import type { FaultSpec } from '../faults/index.ts';
import type { OrderRequest } from '../journal/index.ts';
import type { AccountPath, VenueContext } from './context.ts';
import { HttpProblem } from './http-problem.ts';
import { parseOrder, parseOrigin } from './parse.ts';
import { answerRefusal } from './refusals.ts';

/** How long a request hangs whose answer is to be lost, before its connection is cut. */
const LOST_ANSWER_MS = 60_000;
const DEFAULT_RETRY_AFTER_MS = 1000;

type OrderPath = AccountPath & { readonly orderId: string };

/** Orders: place, list, look up, cancel. */
export function orderRoutes(server: FastifyInstance, venue: VenueContext): void {
  server.post<{ Params: AccountPath }>('/v1/accounts/:account/orders', (request, reply) =>
    placeOrder(venue, request, reply),
  );

  server.get<{ Params: AccountPath; Querystring: { clientId?: string } }>('/v1/accounts/:account/orders', (request) => {
    const account = venue.account(request);
    const { clientId } = request.query;
    if (clientId === undefined) return [...account.open.values()].map(orderView);
    const order = account.byClientId(clientId);
    return order === undefined ? [] : [orderView(order)];
  });

  server.get<{ Params: OrderPath }>('/v1/accounts/:account/orders/:orderId', (request) => {
    const order = venue.account(request).byOrderId(request.params.orderId);
    if (order === undefined)
      throw new HttpProblem(404, 'unknown-order', `There is no order ${request.params.orderId}.`);
    return orderView(order);
  });

  server.delete<{ Params: OrderPath }>('/v1/accounts/:account/orders/:orderId', (request, reply) => {
    const account = venue.account(request);
    const { at } = venue.receipt(request);
    const result = venue.exchange.cancel(account, request.params.orderId, originHeader(request), at);
    if (result.outcome === 'refused') return answerRefusal(reply, result);
    const { orderId } = request.params;
    if (result.order === undefined) throw new HttpProblem(404, 'unknown-order', `There is no order ${orderId}.`);
    if (result.outcome === 'not-open') {
      throw new HttpProblem(409, 'not-open', `Order ${orderId} is ${result.order.status}.`, {
        ...orderView(result.order),
      });
    }
    // A lost cancel is answered as a done one: that is what makes it a fault.
    return { ...orderView(result.order), status: 'cancelled' };
  });

  server.delete<{ Params: AccountPath; Querystring: { clientIdPrefix?: string } }>(
    '/v1/accounts/:account/orders',
    (request, reply) => {
      const account = venue.account(request);
      const { at } = venue.receipt(request);
      const origin = originHeader(request);
      const prefix = request.query.clientIdPrefix ?? '';
      const cancelled: string[] = [];
      const notOpen: string[] = [];
      const asked = [...account.open.values()].filter((order) => order.request.clientId.startsWith(prefix));
      for (const order of asked) {
        const result = venue.exchange.cancel(account, order.orderId, origin, at);
        if (result.outcome === 'refused') return answerRefusal(reply, result);
        (result.outcome === 'not-open' ? notOpen : cancelled).push(order.orderId);
      }
      return { cancelled, notOpen };
    },
  );
}

async function placeOrder(
  venue: VenueContext,
  request: FastifyRequest<{ Params: AccountPath }>,
  reply: FastifyReply,
): Promise<unknown> {
  const receipt = venue.receipt(request);
  const order = parseOrder(request.body);
  const account = orderAccount(venue, request, order);
  if (!venue.exchange.symbols.includes(order.symbol)) {
    throw new HttpProblem(
      404,
      'unknown-symbol',
      `There is no market ${order.symbol}. Known: ${venue.exchange.symbols.join(', ')}.`,
    );
  }
  if (!venue.journal.writable) {
    throw new HttpProblem(
      503,
      'journal-unwritable',
      'The journal cannot be written; a venue that cannot witness takes no order.',
    );
  }
  const struck = strikeBefore(venue, account, order);
  if (struck !== undefined) return answerRefusal(reply, venue.exchange.turnAway(account.name, order, struck, receipt));
  const lost = venue.faults.strike('accepted-but-timed-out', { account: account.name, symbol: order.symbol });
  const result = venue.exchange.submit(account, order, receipt, lost?.kind);
  if (lost !== undefined) return loseAnswer(venue, reply);
  if (result.outcome === 'refused') return answerRefusal(reply, result);
  reply.code(result.outcome === 'accepted' ? 201 : 200);
  return orderView(result.order);
}

/** The account, with an order under a wrong key journaled as refused. */
function orderAccount(
  venue: VenueContext,
  request: FastifyRequest<{ Params: AccountPath }>,
  order: OrderRequest,
): Account {
  try {
    return venue.account(request);
  } catch (error) {
    if (error instanceof HttpProblem && error.status === 401) {
      venue.exchange.turnAway(
        request.params.account,
        order,
        refusal('unauthorised', error.message),
        venue.receipt(request),
      );
    }
    throw error;
  }
}

function strikeBefore(venue: VenueContext, account: Account, order: OrderRequest) {
  const occasion = { account: account.name, symbol: order.symbol };
  if (venue.faults.strike('unauthorised', occasion) !== undefined) {
    return refusal('fault-unauthorised', 'The API key was not accepted.');
  }
  const limited: FaultSpec | undefined = venue.faults.strike('rate-limited', occasion);
  if (limited === undefined) return undefined;
  return refusal('fault-rate-limited', 'Too many requests.', { retryAfterMs: limited.ms ?? DEFAULT_RETRY_AFTER_MS });
}

/** Leaves the request without an answer until its sender gives up. */
function loseAnswer(venue: VenueContext, reply: FastifyReply): FastifyReply {
  reply.hijack();
  const { socket } = reply.raw;
  venue.clock.sleep(LOST_ANSWER_MS, venue.signal).then(
    () => socket?.destroy(),
    () => socket?.destroy(),
  );
  return reply;
}

function originHeader(request: FastifyRequest) {
  const value = request.headers['x-origin'];
  if (value === undefined) return undefined;
  try {
    return parseOrigin(JSON.parse(String(value)));
  } catch (cause) {
    if (cause instanceof HttpProblem) throw cause;
    throw new HttpProblem(422, 'bad-request', 'The header x-origin must be a JSON object.');
  }
}
