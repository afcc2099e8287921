import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { FailureFault, ServiceTraffic, Waiting } from '../hold/index.ts';
import type { Carried, Connection, CutReason, Member, Pool } from '../pool/index.ts';
import type { RouteTarget } from '../routing/index.ts';
import type { ProxyContext } from './context.ts';
import { BODY_BUFFER_BYTES, RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { responseHeaders } from './response-head.ts';
import { waitForMember } from './unavailable.ts';

/** A request sent may be repeated this often; one that was never sent is bounded by `unavailableWaitMs`. */
const MAX_SENT_ATTEMPTS = 2;
const RETRY_AFTER_SECONDS = '1';
const SINGLE_WRITE_BYTES = 16 * 1024;

/** RFC 9110, 9.2.2: sending these twice does what sending them once does. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Looks the target up again: a request that has not been sent goes where the routes lead now. */
export type Resolve = (head: RequestHead, url: string) => RouteTarget | undefined;

/**
 * One request and its answer. It is its own handler for the client that forwards it, so that nothing more is
 * allocated for a request than this.
 */
export class Exchange implements Carried, Waiting, Dispatcher.DispatchHandler {
  readonly #context: ProxyContext;
  readonly #resolve: Resolve;
  readonly #listen: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #continueExpected: boolean;
  readonly #startedMs = performance.now();
  #target: RouteTarget;
  #heldSinceMs = 0;
  #heldMs = 0;
  #unavailableSinceMs: number | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #connection: Connection | undefined;
  #body: RequestBody | undefined;
  #tried: Set<string> | undefined;
  #sentAttempts = 0;
  /** Set while a member carries it. */
  #carriedBy: Pool | undefined;
  #countedInFlight: ServiceTraffic | undefined;
  member!: Member;
  isStream = false;
  #headSent = false;
  #bodyBegun = false;
  /** The first piece of the body, until it is known whether it is the only one. */
  #firstChunk: Buffer | undefined;
  #clientGone = false;
  #cut: CutReason | undefined;
  #clientSilent = false;

  constructor(
    context: ProxyContext,
    listen: string,
    resolve: Resolve,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    target: RouteTarget,
    continueExpected: boolean,
  ) {
    this.#context = context;
    this.#listen = listen;
    this.#resolve = resolve;
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#target = target;
    this.#continueExpected = continueExpected;
    response.on('close', this.#onResponseClose);
  }

  get heldBytes(): number {
    const { hasBody, contentLength, headBytes } = this.#head;
    return headBytes + (hasBody ? Math.min(contentLength ?? BODY_BUFFER_BYTES, BODY_BUFFER_BYTES) : 0);
  }

  /** Sends it on, or lets it wait where its service is held. */
  proceed(): void {
    if (this.#heldSinceMs > 0) {
      this.#heldMs += performance.now() - this.#heldSinceMs;
      this.#heldSinceMs = 0;
      if (!this.#lookUpAgain()) return;
    }
    const { service } = this.#target;
    if (service.hold === undefined) {
      this.#forward();
      return;
    }
    if (service.hold.enter(this)) this.#heldSinceMs = performance.now();
    else this.#refuse(503, 'gateway', 'Too many requests are waiting for a switch.\n');
  }

  #lookUpAgain(): boolean {
    const target = this.#resolve(this.#head, this.#request.url as string);
    if (target !== undefined) {
      this.#target = target;
      return true;
    }
    this.#refuse(503, 'gateway', 'The route was removed while the request waited.\n');
    return false;
  }

  #forward(): void {
    const { pool, service, strip } = this.#target;
    const member = pool.pick(this.#tried);
    if (member === undefined) {
      this.#waitForMember();
      return;
    }
    const request = this.#request;
    const method = request.method as string;
    const { hasBody } = this.#head;
    this.member = member;
    this.#carriedBy = pool;
    pool.add(this);
    this.#countedInFlight = service;
    service.inFlight++;
    this.#controller = undefined;
    this.#connection = member.acquire(!hasBody && IDEMPOTENT.has(method), performance.now());
    if (hasBody) this.#body = this.#newBody();
    const url = request.url as string;
    this.#connection.dispatch(
      {
        path: strip === 0 ? url : strippedPath(url, strip),
        method,
        headers: this.#head.forwarded,
        body: this.#body ?? null,
      },
      this,
    );
  }

  #newBody(): RequestBody {
    const { clientBodyIdleTimeoutMs } = this.#context.options;
    const body = new RequestBody(this.#request, this.#response, this.#continueExpected, clientBodyIdleTimeoutMs, () => {
      this.#clientSilent = true;
      this.#controller?.abort(new Error('the client fell silent'));
    });
    // An attempt that failed before it began leaves the body without a listener.
    body.on('error', ignore);
    return body;
  }

  #waitForMember(): void {
    const since = waitForMember(this.#context, this.#unavailableSinceMs, () => {
      if (!this.#clientGone && this.#lookUpAgain()) this.proceed();
    });
    this.#unavailableSinceMs = since;
    this.#tried = undefined;
    if (since === undefined) this.#refuse(503, 'application', 'No instance accepts a connection.\n');
  }

  #settle(): void {
    this.#carriedBy?.delete(this);
    this.#carriedBy = undefined;
    this.#countedInFlight?.requestEnded();
    this.#countedInFlight = undefined;
    this.#body = undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentAttempts++;
    if (this.#clientGone || this.#cut !== undefined) controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    const response = this.#response;
    if (status < 200) {
      if (status === 103 && headers.link !== undefined) response.writeEarlyHints({ link: headers.link });
      return;
    }
    this.#headSent = true;
    const { service } = this.#target;
    service.responses[(status / 100) | 0] = (service.responses[(status / 100) | 0] ?? 0) + 1;
    const closing = this.#context.closing;
    response.writeHead(status, statusMessage ?? '', responseHeaders(headers, closing) as string[]);
    if (headers['content-type']?.startsWith('text/event-stream') === true) {
      this.#becomeStream();
      this.#bodyBegun = true;
      response.flushHeaders();
    } else {
      process.nextTick(flushUnlessBegun, this);
    }
  }

  /** A head must not wait for a body that takes its time; where the whole answer came at once it leaves in one write. */
  flushUnlessBegun(): void {
    if (this.#bodyBegun) return;
    this.#bodyBegun = true;
    const chunk = this.#firstChunk;
    this.#firstChunk = undefined;
    if (chunk === undefined) this.#response.flushHeaders();
    else if (this.#controller !== undefined) this.#pass(this.#controller, chunk);
  }

  #becomeStream(): void {
    this.isStream = true;
    const { service } = this.#target;
    service.streams++;
    service.streamsTotal++;
    this.#countedInFlight?.requestEnded();
    this.#countedInFlight = undefined;
    this.#carriedBy?.changed();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#bodyBegun && this.#firstChunk === undefined) {
      this.#firstChunk = chunk;
      return;
    }
    this.flushUnlessBegun();
    this.#pass(controller, chunk);
  }

  #pass(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.#connection !== undefined) this.member.release(this.#connection, performance.now());
    this.#connection = undefined;
    this.#ended();
    for (const name in trailers) {
      const value = trailers[name];
      if (value !== undefined && !HOP_TRAILERS.has(name)) this.#response.addTrailers([[name, String(value)]]);
    }
    this.#end();
    this.#log(this.#response.statusCode);
  }

  #end(): void {
    this.#bodyBegun = true;
    const chunk = this.#firstChunk;
    this.#firstChunk = undefined;
    if (chunk === undefined) this.#response.end();
    // As text of one byte for each character it joins the head in a single write.
    else if (chunk.length <= SINGLE_WRITE_BYTES) this.#response.end(chunk.toString('latin1'), 'latin1');
    else this.#response.end(chunk);
  }

  #ended(): void {
    this.#controller = undefined;
    if (this.isStream) this.#target.service.streams--;
    this.#settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { readonly code?: string }): void {
    const sent = this.#controller !== undefined;
    this.#connection = undefined;
    this.#ended();
    if (this.#clientGone) {
      this.#log(499);
      return;
    }
    if (this.#clientSilent) {
      this.#refuse(408, 'client', 'The request body did not arrive in time.\n');
      return;
    }
    if (this.#cut !== undefined) {
      this.#endAfterCut(this.#cut);
      return;
    }
    if (this.#headSent) {
      // The client must see that its answer is not whole.
      this.#fail('application');
      this.#response.destroy();
      this.#log(this.#response.statusCode);
      return;
    }
    if (!sent) this.#afterUnsent(error);
    else this.#afterSent(error);
  }

  #afterUnsent(error: { readonly code?: string }): void {
    if (error.code === 'UND_ERR_INVALID_ARG') {
      this.#refuse(400, 'client', 'The request cannot be forwarded.\n');
      return;
    }
    this.#tried ??= new Set();
    this.#tried.add(this.member.address);
    if (this.#lookUpAgain()) this.proceed();
  }

  #afterSent(error: { readonly code?: string }): void {
    const repeatable = IDEMPOTENT.has(this.#request.method as string) && !this.#head.hasBody;
    if (error.code === 'UND_ERR_HEADERS_TIMEOUT') {
      this.#refuse(504, 'application', 'The instance did not answer in time.\n');
    } else if (repeatable && this.#sentAttempts < MAX_SENT_ATTEMPTS) {
      if (this.#lookUpAgain()) this.proceed();
    } else {
      this.#refuse(502, 'application', 'The instance ended while it had the request.\n');
    }
  }

  #fail(fault: FailureFault): void {
    this.#target.service.failures[fault]++;
  }

  #refuse(status: number, fault: FailureFault, text: string): void {
    this.#fail(fault);
    const { service } = this.#target;
    service.responses[(status / 100) | 0] = (service.responses[(status / 100) | 0] ?? 0) + 1;
    const response = this.#response;
    if (response.headersSent) {
      response.destroy();
    } else {
      const body = Buffer.from(text);
      const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', String(body.length)];
      // Whose fault it is, for a client that counts: the gateway's own, or the instance's that it stands for.
      headers.push('x-baton-fault', fault);
      if (status === 503) headers.push('retry-after', RETRY_AFTER_SECONDS);
      // A body that is not read to its end leaves the connection unusable.
      if (this.#head.hasBody || this.#context.closing) headers.push('connection', 'close');
      response.writeHead(status, headers);
      response.end(body);
    }
    this.#log(status);
  }

  /** The drain's deadline has come, or the singleton that answers has been replaced. */
  cut(reason: CutReason): void {
    this.#cut = reason;
    this.#controller?.abort(new Error(`cut: ${reason}`));
  }

  #endAfterCut(reason: CutReason): void {
    const { service } = this.#target;
    service.cuts[reason] = (service.cuts[reason] ?? 0) + 1;
    if (this.isStream) {
      // An event stream has no length: its end is a whole answer, and its client connects again.
      this.#response.end();
      this.#log(this.#response.statusCode);
    } else if (this.#headSent) {
      this.#fail('application');
      this.#response.destroy();
    } else {
      this.#refuse(503, 'application', 'The instance was retired before it had answered.\n');
    }
  }

  readonly #onResponseClose = (): void => {
    if (this.#response.writableFinished || this.#clientGone) return;
    this.#clientGone = true;
    if (this.#response.writableEnded) return;
    if (this.#heldSinceMs > 0) {
      this.#target.service.hold?.leave(this);
      this.#fail('client');
      return;
    }
    if (this.#controller !== undefined) {
      if (!this.isStream) this.#fail('client');
      this.#controller.abort(new Error('the client went away'));
    }
  };

  #log(status: number): void {
    const { accessLog } = this.#context;
    if (accessLog === undefined) return;
    accessLog.write({
      listen: this.#listen,
      method: this.#request.method ?? '',
      host: this.#head.host,
      url: this.#request.url ?? '',
      status,
      durationMs: Math.round((performance.now() - this.#startedMs) * 1_000) / 1_000,
      heldMs: Math.round(this.#heldMs * 1_000) / 1_000,
      pool: this.#target.pool.id,
      member: this.member?.address,
    });
  }
}

const HOP_TRAILERS: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
  'trailer',
]);

const ignore = (): void => undefined;
const flushUnlessBegun = (exchange: Exchange): void => exchange.flushUnlessBegun();

/** `/caller/service/x?y` without its prefix; what is left begins with a slash. */
export const strippedPath = (url: string, strip: number): string => {
  const rest = url.slice(strip);
  return rest.startsWith('/') ? rest : `/${rest}`;
};
