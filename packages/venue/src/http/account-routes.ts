import type { FastifyInstance } from 'fastify';
import { keyDigest } from './access.ts';
import type { AccountPath, VenueContext } from './context.ts';
import { badRequest, HttpProblem } from './http-problem.ts';
import { fields, integer, parseOrigin, parseToken, text, texts } from './parse.ts';
import { answerRefusal } from './refusals.ts';

/** Cash that an account has which says nothing of it, in ticks. */
export const DEFAULT_BALANCE = 1_000_000_000;
const MAX_BALANCE = 1_000_000_000_000;
const DEFAULT_FILLS = 1000;

/** Accounts, and what is in them: positions, balance, fills, the fence, adoptions. */
export function accountRoutes(server: FastifyInstance, venue: VenueContext): void {
  server.post('/v1/accounts', (request, reply) => {
    const from = fields(request.body);
    const name = text(from, 'account');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      throw badRequest('account may have letters, digits, ".", "_" and "-" only.');
    const balance = from.balance === undefined ? DEFAULT_BALANCE : integer(from, 'balance', 0, MAX_BALANCE);
    const key = from.apiKey === undefined ? undefined : keyDigest(text(from, 'apiKey'));
    if (!venue.exchange.createAccount(name, balance, key, venue.receipt(request).at)) {
      throw new HttpProblem(409, 'account-exists', `The account ${name} exists already.`);
    }
    return reply.code(201).send({ account: name, balance });
  });

  server.get<{ Params: AccountPath }>('/v1/accounts/:account/positions', (request) => {
    const account = venue.account(request);
    return [...account.positions].map(([symbol, { quantity, entryCost }]) => ({
      symbol,
      quantity,
      averagePrice: entryCost / quantity,
    }));
  });

  // The counts let a client find out that a list was not whole.
  server.get<{ Params: AccountPath }>('/v1/accounts/:account/balance', (request) => {
    const account = venue.account(request);
    return {
      cash: account.cash,
      equity: venue.exchange.equity(account),
      openOrders: account.open.size,
      openPositions: account.positions.size,
      token: account.floor === 0 ? null : account.floor,
    };
  });

  server.get<{ Params: AccountPath; Querystring: { limit?: string } }>('/v1/accounts/:account/fills', (request) => {
    const limit = Number(request.query.limit ?? DEFAULT_FILLS);
    if (!Number.isSafeInteger(limit) || limit < 1) throw badRequest('limit must be a whole number above 0.');
    return venue
      .account(request)
      .fills.slice(-limit)
      .map(({ orderId, symbol, side, quantity, price, role, at }) => ({
        orderId,
        symbol,
        side,
        quantity,
        price,
        role,
        at,
      }));
  });

  server.post<{ Params: AccountPath }>('/v1/accounts/:account/fence', (request) => {
    const account = venue.account(request);
    venue.exchange.fence(account, parseToken(request.body), venue.receipt(request).at);
    return { token: account.floor, fences: venue.exchange.mode === 'fencing' };
  });

  server.post<{ Params: AccountPath }>('/v1/accounts/:account/adopt', (request, reply) => {
    const account = venue.account(request);
    const from = fields(request.body);
    const orders = texts(from, 'orders');
    const positions = texts(from, 'positions');
    const origin = parseOrigin(from.origin);
    const refused = venue.exchange.adopt(account, orders, positions, origin, venue.receipt(request).at);
    if (refused !== undefined) return answerRefusal(reply, refused);
    return {
      orders: orders.filter((orderId) => account.open.has(orderId)).length,
      positions: positions.filter((symbol) => account.positions.has(symbol)).length,
    };
  });
}
