import { type AuditReport, type HistoryReport, type LogReport, paths, type StatusReport } from '@baton/api';
import { BatonError } from '@baton/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Environment } from '../environment/environment.ts';
import type { Host } from '../host.ts';
import { auditReport, historyReport } from '../reports/history.ts';
import { logReport } from '../reports/logs.ts';
import { statusReport } from '../reports/status.ts';
import { eventStream } from './events.ts';

const AUDIT_ENTRIES = 200;
const LOG_LINES = 200;

const query = (request: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  request.query as Record<string, string | undefined>;

const wholeNumber = (text: string | undefined, fallback: number, name: string): number => {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new BatonError('invalid-request', `${name} takes a whole number, and got "${text}".`, {
    fault: 'user',
    hint: `Leave ${name} out for ${fallback}.`,
  });
};

/** Everything that only reads. */
export const readingRoutes = (server: FastifyInstance, host: Host): void => {
  const find = async (request: FastifyRequest): Promise<Environment> => {
    const { app, name } = request.params as { readonly app: string; readonly name: string };
    const found = (await host.environments()).find((one) => one.scope.app === app && one.scope.environment === name);
    if (found !== undefined) return found;
    throw new BatonError('nothing-deployed', `Nothing was ever deployed to ${app}/${name} on this host.`, {
      fault: 'user',
      hint: `Deploy first: "baton deploy ${name}".`,
    });
  };
  const on = (
    path: (app: string, name: string) => string,
    read: (environment: Environment, request: FastifyRequest) => Promise<unknown>,
  ): void => {
    server.get(
      path(':app', ':name').replaceAll('%3A', ':'),
      async (request) => await read(await find(request), request),
    );
  };
  server.get(paths.environments, async () => (await host.environments()).map((environment) => environment.scope));
  on(
    paths.status,
    async (environment, request): Promise<StatusReport> =>
      await statusReport(environment, query(request).resources === '1' ? host.samples : undefined),
  );
  on(paths.history, async (environment): Promise<HistoryReport> => await historyReport(environment));
  on(
    paths.audit,
    async (environment, request): Promise<AuditReport> =>
      await auditReport(
        environment,
        wholeNumber(query(request).limit, AUDIT_ENTRIES, 'limit'),
        query(request).verify === '1',
      ),
  );
  on(paths.logs, async (environment, request): Promise<LogReport> => {
    const { service, slot, since, limit } = query(request);
    return await logReport(environment, {
      service,
      slot,
      sinceMs: wholeNumber(since, 0, 'since'),
      limit: wholeNumber(limit, LOG_LINES, 'limit'),
    });
  });
  server.get(paths.events(':app', ':name').replaceAll('%3A', ':'), async (request, reply) => {
    const environment = await find(request);
    const generation = wholeNumber(query(request).generation, 0, 'generation');
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    void reply.header('content-type', 'application/x-ndjson');
    return await reply.send(eventStream(environment, generation, gone.signal));
  });
};
