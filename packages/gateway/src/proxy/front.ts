import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BatonError } from '@baton/core';
import { createServer } from '../node-http.ts';
import { type Address, RouteTable } from '../routing/index.ts';
import { Tunnel } from '../websocket/index.ts';
import type { ProxyContext } from './context.ts';
import { Exchange } from './exchange.ts';
import { type BadHead, type RequestHead, readRequestHead } from './request-head.ts';

/** How often Node looks for connections whose request head is overdue. */
const CHECK_INTERVAL_MS = 5_000;

/** One address on which clients come in, and the routes that are in force there. */
export class Front {
  readonly address: string;
  /** Replaced whole at a switch. */
  table = new RouteTable([]);
  readonly #context: ProxyContext;
  readonly #server: Server;
  readonly #tunnels = new Set<Tunnel>();
  #connections = 0;
  #emptied: (() => void) | undefined;

  constructor(address: string, context: ProxyContext) {
    this.address = address;
    this.#context = context;
    const { options } = context;
    this.#server = createServer(
      {
        insecureHTTPParser: false,
        requireHostHeader: true,
        maxHeaderSize: options.maxHeaderBytes,
        headersTimeout: options.clientHeadersTimeoutMs,
        // A long upload is bounded by its silence (RequestBody), never by its length.
        requestTimeout: 0,
        keepAliveTimeout: options.clientKeepAliveMs,
        connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, options.clientHeadersTimeoutMs),
        noDelay: true,
        // Other upgrades (h2c) are ignored: the request is answered as plain HTTP, as RFC 9110 allows.
        shouldUpgradeCallback: isWebSocketUpgrade,
      },
      (request, response) => this.#onRequest(request, response, false),
    );
    this.#server.maxConnections = options.maxClientConnections;
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response, true),
    );
    this.#server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) =>
      answer(response, 417, 'Only 100-continue can be expected.\n'),
    );
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(request, socket as Socket, head),
    );
    this.#server.on('clientError', (error: Error & { code?: string }, socket: Duplex) =>
      this.#onClientError(error, socket as Socket),
    );
    this.#server.on('connection', (socket: Socket) => {
      this.#connections++;
      socket.once('close', () => {
        this.#connections--;
        if (this.#connections === 0) this.#emptied?.();
      });
    });
  }

  /**
   * Starts to accept, on a fresh socket or on one that a predecessor handed over.
   * @throws BatonError `listen-failed`
   */
  async listen(on: Address | NetServer): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    if (on instanceof NetServer) this.#server.listen(on, resolve);
    else this.#server.listen({ host: on.host, port: on.port, backlog: 4_096 }, resolve);
    try {
      await promise;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new BatonError('listen-failed', `The gateway cannot listen on ${this.address}: ${code}`, {
        hint:
          code === 'EADDRINUSE'
            ? 'Another program uses this port. Stop it, or give the route another address.'
            : 'Choose an address of this machine and a port that may be opened.',
        cause: error,
      });
    }
    this.#server.off('error', reject);
    this.#server.on('error', () => undefined);
    const bound = this.#server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : 0;
  }

  /** The listening socket, to be handed to a successor. */
  get listener(): NetServer {
    return this.#server;
  }

  get connections(): number {
    return this.#connections;
  }

  /**
   * Accepts nothing more. Connections stay: closing an idle one would lose the request that its client may be
   * sending at this moment. They end with their next answer, or by their own timeout. (`http.Server.close`
   * would close the idle ones, so this is the close of its base.)
   */
  stopAccepting(): void {
    NetServer.prototype.close.call(this.#server);
  }

  /** Resolves when no connection is left. */
  async empty(): Promise<void> {
    if (this.#connections === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  closeIdle(): void {
    this.#server.closeIdleConnections();
  }

  closeAll(): void {
    for (const tunnel of this.#tunnels) tunnel.cut('shutdown');
    this.#server.closeAllConnections();
  }

  readonly #resolve = (head: RequestHead, url: string) => this.table.match(head.host, url);

  #readHead(request: IncomingMessage): RequestHead | BadHead {
    const url = request.url ?? '';
    // Origin form only. The absolute form names a host that could contradict the Host header.
    if (!url.startsWith('/')) return { problem: 'the request target is no path' };
    return readRequestHead(request, this.#context.trusted);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, continueExpected: boolean): void {
    const head = this.#readHead(request);
    if ('problem' in head) {
      this.#countClientError(4);
      answer(response, 400, `Bad request: ${head.problem}.\n`, true);
      return;
    }
    const url = request.url as string;
    if (url.length > this.#context.options.maxTargetBytes) {
      this.#countClientError(4);
      answer(response, 414, 'The request target is too long.\n', true);
      return;
    }
    const target = this.table.match(head.host, url);
    if (target === undefined) {
      this.#countClientError(4);
      answer(response, 404, 'No route leads here.\n', head.hasBody);
      return;
    }
    new Exchange(
      this.#context,
      this.address,
      this.#resolve,
      request,
      response,
      head,
      target,
      continueExpected,
    ).proceed();
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, early: Buffer): void {
    const head = this.#readHead(request);
    const target = 'problem' in head ? undefined : this.table.match(head.host, request.url as string);
    if ('problem' in head || target === undefined) {
      this.#countClientError(4);
      socket.on('error', () => undefined);
      socket.end(bareAnswer('problem' in head ? '400 Bad Request' : '404 Not Found'));
      return;
    }
    const tunnel = new Tunnel(this.#context, this.#resolve, request, socket, early, head, target, () =>
      this.#tunnels.delete(tunnel),
    );
    this.#tunnels.add(tunnel);
    tunnel.proceed();
  }

  #onClientError(error: Error & { code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#countClientError(4);
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    socket.end(bareAnswer(status), () => socket.destroy());
  }

  #countClientError(statusClass: number): void {
    const { unrouted } = this.#context;
    unrouted.failures.client++;
    unrouted.responses[statusClass] = (unrouted.responses[statusClass] ?? 0) + 1;
  }
}

const isWebSocketUpgrade = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';

const bareAnswer = (status: string): string => `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;

const answer = (response: ServerResponse, status: number, text: string, close = false): void => {
  const body = Buffer.from(text);
  const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', String(body.length)];
  if (close) headers.push('connection', 'close');
  response.writeHead(status, headers);
  response.end(body);
};
