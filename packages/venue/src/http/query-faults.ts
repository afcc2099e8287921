import type { FastifyInstance } from 'fastify';
import { refusal } from '../exchange/index.ts';
import type { AccountPath, VenueContext } from './context.ts';
import { HttpProblem } from './http-problem.ts';
import { answerRefusal } from './refusals.ts';

/** Lets the faults of queries strike: refused, failed, or answered with nothing. */
export function queryFaults(server: FastifyInstance, venue: VenueContext): void {
  server.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'GET' || !request.url.startsWith('/v1/accounts/')) return;
    const { account } = request.params as Partial<AccountPath>;
    if (account === undefined) return;
    if (venue.faults.strike('unauthorised', { account }) !== undefined) {
      return answerRefusal(reply, refusal('fault-unauthorised', 'The API key was not accepted.'));
    }
    const limited = venue.faults.strike('rate-limited', { account });
    if (limited !== undefined) {
      return answerRefusal(
        reply,
        refusal('fault-rate-limited', 'Too many requests.', { retryAfterMs: limited.ms ?? 1000 }),
      );
    }
    if (venue.faults.strike('failed-query', { account }) !== undefined) {
      throw new HttpProblem(500, 'internal', 'The query failed.');
    }
    if (LISTS.test(request.url) && venue.faults.strike('empty-answer', { account }) !== undefined)
      return reply.send([]);
    return undefined;
  });
}

const LISTS = /\/(orders|positions|fills)(\?|$)/;
