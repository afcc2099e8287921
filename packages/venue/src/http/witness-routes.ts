import type { FastifyInstance } from 'fastify';
import { microseconds } from '../clock.ts';
import type { VenueContext } from './context.ts';
import { badRequest, HttpProblem } from './http-problem.ts';
import { parseFault } from './parse.ts';

const MAX_JOURNAL_LINES = 10_000;

/** The journal and what it proves; faults; and nothing that a trader would use. */
export function witnessRoutes(server: FastifyInstance, venue: VenueContext): void {
  server.get<{ Querystring: { after?: string; limit?: string } }>('/v1/journal', async (request, reply) => {
    const after = Number(request.query.after ?? 0);
    const limit = Number(request.query.limit ?? 1000);
    if (!Number.isSafeInteger(after) || after < 0) throw badRequest('after must be a whole number from 0.');
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_JOURNAL_LINES) {
      throw badRequest(`limit must be a whole number from 1 to ${MAX_JOURNAL_LINES}.`);
    }
    const entries = await venue.journal.read(after, limit);
    return reply.type('application/x-ndjson').send(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  });

  server.get<{ Querystring: { account?: string } }>('/v1/witness', (request) =>
    venue.witness.report(request.query.account),
  );

  server.post('/admin/flush', async () => ({ seq: await venue.journal.sync() }));

  server.get('/admin/faults', () => venue.faults.list());

  server.post('/admin/faults', (request, reply) => {
    const spec = parseFault(request.body);
    const fault = venue.faults.set(spec);
    if (fault === false) throw new HttpProblem(409, 'too-many-faults', 'Too many faults are set; clear some first.');
    note(venue, 'set', spec.kind, spec.account);
    return reply.code(201).send(fault);
  });

  server.delete('/admin/faults', () => {
    const cleared = venue.faults.clear();
    note(venue, 'cleared', 'all', undefined);
    return { cleared };
  });

  server.delete<{ Params: { id: string } }>('/admin/faults/:id', (request) => {
    const cleared = venue.faults.clear(Number(request.params.id));
    if (cleared === 0) throw new HttpProblem(404, 'unknown-fault', `There is no fault ${request.params.id}.`);
    note(venue, 'cleared', request.params.id, undefined);
    return { cleared };
  });
}

function note(venue: VenueContext, change: 'set' | 'cleared', fault: string, account: string | undefined): void {
  const whom = account === undefined ? {} : { account };
  venue.journal.append({ kind: 'fault', fault, change, ...whom }, microseconds(venue.clock));
}
