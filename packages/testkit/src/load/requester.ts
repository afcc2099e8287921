import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import type { Failure } from './attribution.ts';
import { FAULT_HEADER } from './attribution.ts';
import type { Answerer, Expectations, Expected } from './expectations.ts';
import type { LoadPlan } from './plan.ts';
import type { PreparedRequest } from './request-mix.ts';
import type { RequestRecord } from './tally.ts';

/** Headers by which a gateway or an application may name who answered. */
export const INSTANCE_HEADER = 'x-baton-instance';
export const RELEASE_HEADER = 'x-baton-release';

const MAX_ERROR_BYTES = 2_048;
const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'ETIMEDOUT',
]);

/** Sends requests over kept or single-use connections. undici retries nothing that was written, so no failure hides. */
export class Requester {
  readonly #kept: Pool;
  readonly #single: Pool;
  readonly #headers: string[] | null;
  readonly #expectations: Expectations;

  constructor(plan: LoadPlan, expectations: Expectations) {
    const timeouts = {
      headersTimeout: plan.requestTimeoutMs,
      bodyTimeout: plan.requestTimeoutMs,
      connect: { timeout: plan.requestTimeoutMs },
    };
    this.#kept = new Pool(plan.base, { ...timeouts, connections: plan.maxConnections, pipelining: 1 });
    this.#single = new Pool(plan.base, { ...timeouts, connections: plan.maxConnections, pipelining: 1 });
    this.#headers = plan.host === undefined ? null : ['host', plan.host];
    this.#expectations = expectations;
  }

  /** Sends it; `onEnd` is called exactly once. */
  send(request: PreparedRequest, dueMs: number, onEnd: (record: RequestRecord) => void): void {
    const exchange = new Exchange(request, dueMs, this.#expectations, onEnd);
    const pool = request.ownConnection ? this.#single : this.#kept;
    try {
      pool.dispatch(
        {
          method: request.method,
          path: request.path,
          body: request.body,
          headers: this.#headers,
          reset: request.ownConnection,
        },
        exchange,
      );
    } catch (error) {
      exchange.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Requests still unanswered end as timed out. */
  async close(): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#single.destroy()]);
  }
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: PreparedRequest;
  readonly #dueMs: number;
  readonly #sentMs = performance.now();
  readonly #expectations: Expectations;
  readonly #expected: Expected;
  readonly #onEnd: (record: RequestRecord) => void;
  #firstByteMs: number | undefined;
  #status: number | undefined;
  #headers: Readonly<Record<string, string | string[] | undefined>> = {};
  #errorBody = '';
  #ended = false;

  constructor(
    request: PreparedRequest,
    dueMs: number,
    expectations: Expectations,
    onEnd: (record: RequestRecord) => void,
  ) {
    this.#request = request;
    this.#dueMs = dueMs;
    this.#expectations = expectations;
    this.#expected = expectations.expected;
    this.#onEnd = onEnd;
  }

  // Present because undici tells the current handler interface from the older one by it.
  onRequestStart(): void {}

  onResponseStart(
    _controller: unknown,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.#firstByteMs = performance.now();
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#status === 200) this.#request.check.take(chunk);
    else if (this.#errorBody.length < MAX_ERROR_BYTES) this.#errorBody += chunk.toString('utf8', 0, MAX_ERROR_BYTES);
  }

  onResponseEnd(): void {
    const doneMs = performance.now();
    if (this.#status !== 200) {
      const faultHeader = this.#header(FAULT_HEADER);
      const failure = { kind: 'status', status: this.#status ?? 0, faultHeader, body: this.#errorBody } as const;
      this.#end(doneMs, { verdict: 'failed', failure }, this.#header(RELEASE_HEADER));
      return;
    }
    const checked = this.#request.check.finish(doneMs - this.#sentMs);
    const answerer: Answerer = {
      ...checked.answerer,
      release: checked.answerer.release ?? this.#header(RELEASE_HEADER),
      instance: checked.answerer.instance ?? this.#header(INSTANCE_HEADER),
    };
    const wrong = checked.wrong ?? this.#expectations.contradiction(answerer, this.#expected);
    const outcome = wrong === undefined ? ({ verdict: 'ok' } as const) : ({ verdict: 'wrong', detail: wrong } as const);
    this.#end(doneMs, outcome, answerer.release);
  }

  onResponseError(_controller: unknown, error: Error): void {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    const failure: Failure = TIMEOUT_CODES.has(code)
      ? { kind: 'timeout' }
      : { kind: 'broken', code, instance: this.#header(INSTANCE_HEADER) };
    this.#end(performance.now(), { verdict: 'failed', failure }, this.#header(RELEASE_HEADER));
  }

  #header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : value?.[0];
  }

  #end(doneMs: number, outcome: RequestRecord['outcome'], release: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd({
      kind: this.#request.kind,
      dueMs: this.#dueMs,
      sentMs: this.#sentMs,
      firstByteMs: this.#firstByteMs,
      doneMs,
      status: this.#status,
      release,
      askedMs: this.#request.askedMs,
      outcome,
    });
  }
}
