import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { BatonError } from '@baton/core';
import { createServer } from '../node-http.ts';
import type { ControlPlane } from './control-plane.ts';
import { OPERATIONS } from './operations.ts';
import { fields, SOCKET_NAME, VERSION_HEADER, WIRE_VERSION, type WireError } from './wire.ts';

const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
const STATUS_BY_FAULT = { user: 400, environment: 409, bug: 400 } as const;

/** Serves the operations on a Unix socket that only this user may open, and `/metrics` and `/health` as text. */
export class ControlServer {
  readonly path: string;
  readonly #plane: ControlPlane;
  readonly #metrics: () => string;
  readonly #server: Server;

  constructor(folder: string, plane: ControlPlane, metrics: () => string) {
    this.path = join(folder, SOCKET_NAME);
    this.#plane = plane;
    this.#metrics = metrics;
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /**
   * Takes the socket's name in one step, so that a client finds either this gateway or its predecessor there.
   * @throws BatonError `control-socket-failed`
   */
  async listen(): Promise<void> {
    const fresh = `${this.path}.${process.pid}`;
    rmSync(fresh, { force: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(fresh, resolve);
      });
      chmodSync(fresh, 0o600);
      renameSync(fresh, this.path);
    } catch (error) {
      throw new BatonError(
        'control-socket-failed',
        `The gateway cannot open ${this.path}: ${(error as Error).message}`,
        {
          hint: 'The path of a Unix socket may have 107 bytes at most, and its folder must be writable.',
          cause: error,
        },
      );
    }
  }

  /** Calls under way are answered; a client that comes again finds the successor. */
  stop(): void {
    NetServer.prototype.close.call(this.#server);
    this.#server.closeIdleConnections();
  }

  closeAll(): void {
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#plane.ready();
      if (request.method === 'GET') {
        this.#answerGet(request, response);
        return;
      }
      const answer = await this.#operate(request);
      if (this.#plane.replaced) response.setHeader('connection', 'close');
      send(response, 200, answer);
    } catch (error) {
      // The same client must come back on a connection of the successor's.
      if (this.#plane.replaced && !response.headersSent) response.setHeader('connection', 'close');
      sendError(response, error);
    }
  }

  /** `GET /metrics` and `GET /health`, also for a listener of their own. */
  answerGet(request: IncomingMessage, response: ServerResponse): void {
    this.#answerGet(request, response);
  }

  #answerGet(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(this.#metrics());
    } else if (request.url === '/health') {
      send(response, 200, this.#plane.health());
    } else {
      send(response, 404, { error: 'Ask for /metrics or /health.' });
    }
  }

  async #operate(request: IncomingMessage): Promise<unknown> {
    const version = request.headers[VERSION_HEADER];
    if (version !== undefined && Number(version) !== WIRE_VERSION) {
      throw new BatonError(
        'gateway-version',
        `The gateway speaks version ${WIRE_VERSION}, its client ${String(version)}`,
        {
          hint: 'Upgrade the older of the two; "--takeover" replaces a gateway without losing a request.',
        },
      );
    }
    const operation = OPERATIONS[request.url?.slice(1) ?? ''];
    if (operation === undefined) {
      throw new BatonError('control-request-invalid', `The gateway knows no operation ${request.url}`, {
        fault: 'bug',
        hint: 'Use a daemon and a gateway of the same release.',
      });
    }
    const body = await readBody(request);
    return await operation(this.#plane, fields(body, 'request'));
  }
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) {
      throw new BatonError('control-request-invalid', 'The request to the gateway is larger than 8 MiB', {
        hint: 'Deploy fewer routes in one app.',
      });
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new BatonError('control-request-invalid', 'The request to the gateway is no JSON', {
      fault: 'bug',
      hint: 'Use a daemon and a gateway of the same release.',
      cause: error,
    });
  }
};

const send = (response: ServerResponse, status: number, value: unknown): void => {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
};

const sendError = (response: ServerResponse, error: unknown): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof BatonError ? error : undefined;
  const answer: WireError = {
    error: {
      code: known?.code ?? 'gateway-failed',
      message: (error as Error).message,
      hint: known?.hint ?? 'Look at the log of the gateway.',
      fault: known?.fault ?? 'bug',
    },
  };
  send(response, known === undefined ? 500 : STATUS_BY_FAULT[known.fault], answer);
};

/** True where a gateway answers on the socket of this folder. */
export const someoneAnswers = async (folder: string): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(join(folder, SOCKET_NAME), () => resolve(true)).on('error', () => resolve(false));
  const answer = await promise;
  probe.destroy();
  return answer;
};
