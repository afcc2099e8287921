import type { FastifyInstance } from 'fastify';
import type { VenueContext } from './context.ts';
import { HttpProblem } from './http-problem.ts';

/** Markets as they are now, and the stream of their prices. */
export function marketRoutes(server: FastifyInstance, venue: VenueContext): void {
  server.get('/v1/markets', () => venue.exchange.symbols.map((symbol) => marketView(venue, symbol)));

  server.get<{ Params: { symbol: string } }>('/v1/markets/:symbol', (request) => {
    const view = marketView(venue, request.params.symbol);
    if (view === undefined)
      throw new HttpProblem(404, 'unknown-symbol', `There is no market ${request.params.symbol}.`);
    return view;
  });

  server.get('/v1/stream', (_request, reply) => {
    if (!venue.stream.add(reply.raw)) throw new HttpProblem(503, 'too-many-streams', 'Too many listen already.');
    reply.hijack();
    return reply;
  });
}

/** One market as the API shows it; undefined for none of that name. */
export function marketView(venue: Pick<VenueContext, 'exchange' | 'faults'>, symbol: string) {
  const quote = venue.exchange.quote(symbol);
  if (quote === undefined) return undefined;
  const { spec, bid, ask, mid } = quote;
  const status = venue.faults.pending('suspended', { symbol }) ? 'suspended' : 'open';
  return { symbol, status, bid, ask, mid, lotSize: spec.lotSize, tickSize: spec.tickSize };
}
