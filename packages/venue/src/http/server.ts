import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { microseconds } from '../clock.ts';
import type { Account } from '../exchange/index.ts';
import type { FaultSpec } from '../faults/index.ts';
import { opens } from './access.ts';
import { accountRoutes, DEFAULT_BALANCE } from './account-routes.ts';
import type { AccountPath, VenueContext } from './context.ts';
import { HttpProblem } from './http-problem.ts';
import { marketRoutes } from './market-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { queryFaults } from './query-faults.ts';
import { witnessRoutes } from './witness-routes.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const MAX_OPEN_ACCOUNTS = 10_000;

/** The REST API over an exchange. */
export function venueServer(parts: Omit<VenueContext, 'receipt' | 'account'>): FastifyInstance {
  const server = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true, return503OnClosing: false });
  const receipts = new WeakMap<FastifyRequest, number>();
  const connections = new WeakMap<Socket, number>();
  let lastConnection = 0;
  const connectionOf = (socket: Socket): number => {
    let number = connections.get(socket);
    if (number === undefined) {
      lastConnection += 1;
      number = lastConnection;
      connections.set(socket, number);
    }
    return number;
  };
  const { exchange, clock, faults, signal } = parts;
  const venue: VenueContext = {
    ...parts,
    receipt: (request) => ({
      at: receipts.get(request) ?? microseconds(clock),
      connection: connectionOf(request.raw.socket),
    }),
    account: (request) => findAccount(venue, request as FastifyRequest<{ Params: AccountPath }>),
  };

  // A request is received when all of it is: then it gets its time, and entries come in the order of their times.
  server.addHook('preHandler', async (request) => {
    if (!request.url.startsWith('/v1/accounts')) return;
    const { account } = request.params as Partial<AccountPath>;
    const late = faults.strike('latency', account === undefined ? {} : { account });
    if (late !== undefined && late.stage !== 'answer') await clock.sleep(late.ms ?? 0, signal).catch(() => undefined);
    if (late !== undefined && late.stage === 'answer') lateAnswers.set(request, late);
    receipts.set(request, microseconds(clock));
  });
  const lateAnswers = new WeakMap<FastifyRequest, FaultSpec>();
  server.addHook('onSend', async (request) => {
    const late = lateAnswers.get(request);
    if (late !== undefined) await clock.sleep(late.ms ?? 0, signal).catch(() => undefined);
  });

  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof HttpProblem) {
      return reply.code(error.status).send({ error: error.code, message: error.message, ...error.more });
    }
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ error: status < 500 ? 'bad-request' : 'internal', message: error.message });
  });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: 'not-found', message: `There is no ${request.method} ${request.url}.` }),
  );
  server.get('/health', () => ({ status: 'healthy', mode: exchange.mode }));
  queryFaults(server, venue);
  accountRoutes(server, venue);
  orderRoutes(server, venue);
  marketRoutes(server, venue);
  witnessRoutes(server, venue);
  return server;
}

function findAccount(venue: VenueContext, request: FastifyRequest<{ Params: AccountPath }>): Account {
  const { account: name } = request.params;
  let account = venue.exchange.account(name);
  if (account === undefined && venue.open && venue.exchange.accountCount < MAX_OPEN_ACCOUNTS) {
    venue.exchange.createAccount(name, DEFAULT_BALANCE, undefined, venue.receipt(request).at);
    account = venue.exchange.account(name);
  }
  if (account === undefined) {
    throw new HttpProblem(404, 'unknown-account', `There is no account ${name}; POST /v1/accounts creates one.`);
  }
  if (!opens(account, request.headers['x-api-key'])) {
    throw new HttpProblem(401, 'unauthorised', `The x-api-key does not open account ${name}.`);
  }
  return account;
}
