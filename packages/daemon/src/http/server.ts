import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROTOCOL, PROTOCOL_HEADER, paths, VERSION, type VersionReport } from '@baton/api';
import { BatonError } from '@baton/core';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Host } from '../host.ts';
import { metricsText } from '../reports/metrics.ts';
import { actionRoutes } from './actions.ts';
import { errorReport } from './errors.ts';
import { readingRoutes } from './reading.ts';

/** An app travels whole, and with it the text of its configuration. */
const BODY_BYTES = 8 * 1024 * 1024;

const buildServer = (host: Host): FastifyInstance => {
  const server = Fastify({ logger: false, bodyLimit: BODY_BYTES, forceCloseConnections: true });
  server.setErrorHandler((error, _request, reply) => {
    const { validation, statusCode } = error as { validation?: unknown; statusCode?: number };
    const invalid = validation !== undefined || statusCode === 400 || statusCode === 413;
    const told = invalid
      ? new BatonError('invalid-request', (error as Error).message, {
          fault: 'user',
          hint: 'Is the command line of the same version as the daemon? See "baton status".',
        })
      : error;
    const { status, report } = errorReport(told);
    void reply.status(status).send(report);
  });
  server.setNotFoundHandler((request, reply) => {
    const unknown = new BatonError('invalid-request', `The daemon knows no ${request.method} ${request.url}.`, {
      fault: 'user',
      hint: 'Is the command line of the same version as the daemon?',
    });
    void reply.status(404).send(errorReport(unknown).report);
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.header(PROTOCOL_HEADER, String(PROTOCOL));
    const theirs = request.headers[PROTOCOL_HEADER];
    if (theirs === undefined || theirs === String(PROTOCOL)) return;
    throw new BatonError(
      'invalid-request',
      `You speak protocol ${String(theirs)}, and this daemon speaks ${PROTOCOL}.`,
      {
        fault: 'user',
        hint: "Use a command line of the daemon's version, or stop the daemon and let the new one start.",
      },
    );
  });
  const version: VersionReport = {
    version: VERSION,
    protocol: PROTOCOL,
    pid: process.pid,
    stateDir: host.stateDir,
    startedAt: host.startedAt,
  };
  server.get(paths.version, () => version);
  server.get(paths.health, () => ({ status: 'healthy' }));
  server.get(paths.metrics, async (_request, reply) => {
    void reply.header('content-type', 'text/plain; version=0.0.4');
    return await metricsText(host);
  });
  actionRoutes(server, host);
  readingRoutes(server, host);
  return server;
};

/** Listens on the daemon's socket, for its owner alone. */
export const listen = async (host: Host): Promise<FastifyInstance> => {
  const server = buildServer(host);
  const socket = join(host.stateDir, 'daemon.sock');
  // Whoever held it is gone: the lock on the state directory is ours.
  rmSync(socket, { force: true });
  const mask = process.umask(0o177);
  try {
    await server.listen({ path: socket });
  } finally {
    process.umask(mask);
  }
  chmodSync(socket, 0o600);
  return server;
};
