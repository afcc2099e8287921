import { randomBytes } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FailureFault, Waiting } from '../hold/index.ts';
import { request as httpRequest } from '../node-http.ts';
import type { Carried, CutReason, Member, Pool } from '../pool/index.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { type Resolve, strippedPath } from '../proxy/exchange.ts';
import { HOP_BY_HOP } from '../proxy/hop-by-hop.ts';
import type { RequestHead } from '../proxy/request-head.ts';
import { waitForMember } from '../proxy/unavailable.ts';
import { parseAddress, type RouteTarget } from '../routing/index.ts';
import { Half } from './half.ts';

/** RFC 6455 registry: 1012 service restart, 1014 bad gateway. */
const SERVICE_RESTART = 1012;
const BAD_GATEWAY = 1014;
/** How long the two sides may take to say goodbye after a close frame. */
const GOODBYE_MS = 1_000;

/** A WebSocket on its way through: first a request like any other, then two directions of frames. */
export class Tunnel implements Carried, Waiting {
  readonly #context: ProxyContext;
  readonly #resolve: Resolve;
  readonly #request: IncomingMessage;
  readonly #client: Socket;
  readonly #early: Buffer;
  readonly #head: RequestHead;
  readonly #onEnded: () => void;
  #target: RouteTarget;
  #upstream: ClientRequest | undefined;
  #backend: Socket | undefined;
  #toClient: Half | undefined;
  #toBackend: Half | undefined;
  #carriedBy: Pool | undefined;
  #inFlight = false;
  #held = false;
  #tried: Set<string> | undefined;
  #unavailableSinceMs: number | undefined;
  #ended = false;
  #cut: CutReason | undefined;
  member!: Member;
  isStream = false;

  constructor(
    context: ProxyContext,
    resolve: Resolve,
    request: IncomingMessage,
    client: Socket,
    early: Buffer,
    head: RequestHead,
    target: RouteTarget,
    onEnded: () => void,
  ) {
    this.#context = context;
    this.#resolve = resolve;
    this.#request = request;
    this.#client = client;
    this.#early = early;
    this.#head = head;
    this.#target = target;
    this.#onEnded = onEnded;
    client.on('error', ignore);
    client.on('close', () => this.#onClientClosed());
  }

  get heldBytes(): number {
    return this.#head.headBytes + this.#early.length;
  }

  proceed(): void {
    if (this.#ended) return;
    this.#held = false;
    const target = this.#resolve(this.#head, this.#request.url as string);
    if (target === undefined) {
      this.#refuse('503 Service Unavailable', 'gateway');
      return;
    }
    this.#target = target;
    const { hold } = target.service;
    if (hold === undefined) this.#connect();
    else if (hold.enter(this)) this.#held = true;
    else this.#refuse('503 Service Unavailable', 'gateway');
  }

  #connect(): void {
    const { pool, service, strip } = this.#target;
    const member = pool.pick(this.#tried);
    if (member === undefined) {
      this.#waitForMember();
      return;
    }
    this.member = member;
    this.#carriedBy = pool;
    pool.add(this);
    service.inFlight++;
    this.#inFlight = true;
    const url = this.#request.url as string;
    const { host, port } = parseAddress(member.address);
    const upstream = httpRequest({
      host,
      port,
      path: strip === 0 ? url : strippedPath(url, strip),
      headers: [...this.#head.forwarded, 'connection', 'Upgrade', 'upgrade', 'websocket'],
      agent: false,
      timeout: this.#context.options.memberHeadersTimeoutMs,
    });
    this.#upstream = upstream;
    let connected = false;
    upstream.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
      });
    });
    upstream.on('timeout', () => upstream.destroy(new Error('the instance did not answer in time')));
    upstream.on('upgrade', (response, socket, early) => this.#open(response, socket, early));
    upstream.on('response', (response) => this.#declined(response));
    upstream.on('error', () => this.#onConnectFailed(connected));
    upstream.end();
  }

  #onConnectFailed(connected: boolean): void {
    if (this.#backend !== undefined || this.#ended) return;
    this.#settle();
    this.#upstream = undefined;
    if (this.#cut !== undefined) {
      this.#refuse('503 Service Unavailable', 'application');
      return;
    }
    // A handshake is a GET without effect until it is answered: another member may have it.
    this.#tried ??= new Set();
    if (connected && this.#tried.size > 0) {
      this.#refuse('502 Bad Gateway', 'application');
      return;
    }
    this.#tried.add(this.member.address);
    this.proceed();
  }

  #waitForMember(): void {
    const since = waitForMember(this.#context, this.#unavailableSinceMs, () => this.proceed());
    this.#unavailableSinceMs = since;
    this.#tried = undefined;
    if (since === undefined) this.#refuse('503 Service Unavailable', 'application');
  }

  #open(response: IncomingMessage, backend: Socket, early: Buffer): void {
    const client = this.#client;
    this.#backend = backend;
    backend.setTimeout(0);
    backend.setNoDelay(true);
    backend.on('error', ignore);
    if (this.#ended) {
      backend.destroy();
      return;
    }
    const { service } = this.#target;
    this.isStream = true;
    service.streams++;
    service.streamsTotal++;
    service.responses[1] = (service.responses[1] ?? 0) + 1;
    this.#inFlight = false;
    service.requestEnded();
    this.#carriedBy?.changed();
    client.write(`HTTP/1.1 101 Switching Protocols\r\n${upgradeHeaders(response.rawHeaders)}\r\n`, 'latin1');
    this.#toClient = new Half(backend, client);
    this.#toBackend = new Half(client, backend);
    this.#toBackend.early(this.#early);
    this.#toClient.early(early);
    client.on('end', () => backend.end());
    backend.on('end', () => this.#onBackendGone());
    backend.on('close', () => this.#onBackendGone());
    if (this.#cut !== undefined) this.cut(this.#cut);
  }

  /** The member answered with something other than 101: its answer goes to the client, and the connection ends. */
  #declined(response: IncomingMessage): void {
    const { service } = this.#target;
    const status = response.statusCode ?? 502;
    service.responses[(status / 100) | 0] = (service.responses[(status / 100) | 0] ?? 0) + 1;
    let head = `HTTP/1.1 ${status} ${response.statusMessage ?? ''}\r\n`;
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      const name = response.rawHeaders[i] as string;
      if (!HOP_BY_HOP.has(name.toLowerCase())) head += `${name}: ${response.rawHeaders[i + 1]}\r\n`;
    }
    this.#client.write(`${head}connection: close\r\n\r\n`, 'latin1');
    response.pipe(this.#client);
    response.on('close', () => {
      this.#finish();
      this.#client.end();
    });
  }

  #onBackendGone(): void {
    if (this.#ended) return;
    const toClient = this.#toClient as Half;
    if (toClient.closed || this.#cut !== undefined) {
      this.#client.end();
    } else {
      // It ended without a goodbye: killed, or crashed.
      const { service, pool } = this.#target;
      const replaced = service.hold !== undefined || !pool.routed || this.member.retired;
      if (replaced) service.cuts['singleton-replaced'] = (service.cuts['singleton-replaced'] ?? 0) + 1;
      else service.failures.application++;
      if (toClient.atBoundary) {
        toClient.close(replaced ? SERVICE_RESTART : BAD_GATEWAY, replaced ? 'replaced' : 'instance ended', undefined);
      }
      this.#client.end();
    }
    this.#finish();
    destroyLater(this.#client);
  }

  #onClientClosed(): void {
    if (this.#held) this.#target.service.hold?.leave(this);
    if (this.#ended) return;
    this.#finish();
    this.#upstream?.destroy();
    if (this.#backend !== undefined) {
      this.#backend.end();
      destroyLater(this.#backend);
    }
  }

  cut(reason: CutReason): void {
    this.#cut = reason;
    const backend = this.#backend;
    if (backend === undefined) {
      this.#upstream?.destroy(new Error(`cut: ${reason}`));
      return;
    }
    const { cuts } = this.#target.service;
    cuts[reason] = (cuts[reason] ?? 0) + 1;
    this.#toClient?.close(SERVICE_RESTART, reason, undefined);
    this.#toBackend?.close(SERVICE_RESTART, reason, randomBytes(4));
    // It no longer counts as carried: what follows is only the goodbye.
    this.#settle();
    destroyLater(this.#client, () => this.#finish());
    destroyLater(backend);
  }

  #refuse(status: string, fault: FailureFault): void {
    const { service } = this.#target;
    service.failures[fault]++;
    service.responses[5] = (service.responses[5] ?? 0) + 1;
    this.#finish();
    this.#client.end(`HTTP/1.1 ${status}\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  #settle(): void {
    this.#carriedBy?.delete(this);
    this.#carriedBy = undefined;
    if (this.#inFlight) this.#target.service.requestEnded();
    this.#inFlight = false;
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.isStream) this.#target.service.streams--;
    this.#settle();
    this.#onEnded();
  }
}

const ignore = (): void => undefined;

const destroyLater = (socket: Socket, then?: () => void): void => {
  if (socket.destroyed) {
    then?.();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.once('close', () => {
    clearTimeout(timer);
    then?.();
  });
};

const upgradeHeaders = (raw: readonly string[]): string => {
  let text = 'connection: Upgrade\r\nupgrade: websocket\r\n';
  for (let i = 0; i < raw.length; i += 2) {
    if (!HOP_BY_HOP.has((raw[i] as string).toLowerCase())) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  }
  return text;
};
