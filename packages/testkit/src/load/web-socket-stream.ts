import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { FAULT_HEADER } from './attribution.ts';
import { answererOf } from './expectations.ts';
import type { LiveStream, StreamObserver, StreamTarget } from './live-stream.ts';
import { RELEASE_HEADER } from './requester.ts';
import { Sequence } from './sequence.ts';

const ECHO_EVERY_MS = 500;
const ECHO_MARK = 'load-echo-';
/** A peer that does not answer our close frame is not waited for longer. */
const CLOSE_WAIT_MS = 2_000;
const ABNORMAL_CLOSE = 1006;

/** One WebSocket: follows the server's ticks and has its own messages echoed. */
export class WebSocketStream implements LiveStream {
  readonly #target: StreamTarget;
  readonly #observer: StreamObserver;
  readonly #socket: WebSocket;
  readonly #sequence: Sequence;
  readonly #awaited: string[] = [];
  #timers: NodeJS.Timeout[] = [];
  #stall: NodeJS.Timeout | undefined;
  #openedMs = 0;
  #opened = false;
  #refused = false;
  #byClient = false;
  #release: string | undefined;
  #sent = 0;
  #detail = '';

  constructor(target: StreamTarget, observer: StreamObserver) {
    this.#target = target;
    this.#observer = observer;
    this.#sequence = new Sequence(target.firstNumber);
    const url = new URL(target.path, target.base);
    url.protocol = 'ws:';
    const headers = target.host === undefined ? {} : { host: target.host };
    this.#socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: target.openTimeoutMs, headers });
    this.#listen();
  }

  close(): void {
    if (this.#byClient) return;
    this.#byClient = true;
    if (this.#opened) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    this.#clearTimers();
    this.#socket.close(1000);
    this.#timers.push(setTimeout(() => this.#socket.terminate(), CLOSE_WAIT_MS));
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('upgrade', (response) => {
      const release = response.headers[RELEASE_HEADER];
      if (typeof release === 'string') this.#release = release;
    });
    socket.on('unexpected-response', (_request, response) => {
      const fault = response.headers[FAULT_HEADER];
      const faultHeader = typeof fault === 'string' ? fault : undefined;
      const status = response.statusCode ?? 0;
      response.resume();
      this.#refuse({ kind: 'status', status, faultHeader, body: 'instead of an upgrade' }, status);
      socket.terminate();
    });
    socket.on('open', () => this.#open());
    // One Buffer a message: ws joins fragments unless told otherwise (`binaryType`).
    socket.on('message', (data) => this.#take((data as Buffer).toString()));
    socket.on('error', (error) => {
      this.#detail = error.message;
      if (this.#opened) return;
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      const timedOut = error.message.includes('handshake has timed out');
      this.#refuse(timedOut ? { kind: 'timeout' } : { kind: 'broken', code, instance: undefined }, undefined);
    });
    socket.on('close', (code, reason) => this.#ended(code, reason.toString()));
  }

  #refuse(...refusal: Parameters<StreamObserver['onRefused']>): void {
    if (this.#refused || this.#opened) return;
    this.#refused = true;
    this.#observer.onRefused(...refusal);
  }

  #open(): void {
    this.#opened = true;
    this.#openedMs = performance.now();
    this.#observer.onOpen();
    if (this.#byClient) {
      this.#sayGoodbye();
      return;
    }
    this.#timers.push(
      setTimeout(() => this.#endOfLife(), this.#target.lifetimeMs),
      setInterval(() => this.#say(), ECHO_EVERY_MS),
    );
    this.#stall = setTimeout(() => this.#stalled(), this.#target.stallMs);
    this.#say();
  }

  #say(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#sent += 1;
    const text = JSON.stringify({ echo: `${ECHO_MARK}${this.#target.id}-${this.#sent};` });
    this.#awaited.push(text);
    this.#socket.send(text);
  }

  #take(text: string): void {
    this.#observer.onMessage();
    this.#stall?.refresh();
    if (text.includes(ECHO_MARK)) {
      const awaited = this.#awaited.shift();
      if (awaited === undefined || !text.includes(JSON.parse(awaited).echo as string)) {
        this.#observer.onWrong(`echo ${text.slice(0, 80)}, awaited ${awaited ?? 'none'}`);
      }
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#observer.onWrong(`not JSON: ${text.slice(0, 80)}`);
      return;
    }
    const { release } = answererOf(value);
    if (release !== undefined && this.#release !== undefined && release !== this.#release) {
      this.#observer.onWrong(`release ${this.#release} became ${release} within one stream`);
    }
    this.#release ??= release;
    const seq = typeof value === 'object' && value !== null && 'seq' in value ? value.seq : undefined;
    if (typeof seq !== 'number') return;
    const problem = this.#sequence.problem(seq);
    if (problem !== undefined) this.#observer.onWrong(problem);
  }

  /** Says nothing more, and closes when the last echo has come; the stall's bound ends the wait. */
  #endOfLife(): void {
    this.#clearTimers();
    const sinceMs = performance.now();
    const closeWhenAnswered = (): void => {
      if (this.#awaited.length > 0 && performance.now() - sinceMs > this.#target.stallMs) {
        this.#observer.onWrong(`${this.#awaited.length} echoes never came`);
        this.#awaited.length = 0;
      }
      if (this.#awaited.length === 0) this.close();
    };
    this.#timers.push(setInterval(closeWhenAnswered, 5));
  }

  #stalled(): void {
    this.#detail = `nothing came for ${this.#target.stallMs} ms`;
    this.#socket.terminate();
  }

  #ended(code: number, reason: string): void {
    this.#clearTimers();
    if (this.#stall !== undefined) clearTimeout(this.#stall);
    if (!this.#opened) {
      this.#refuse({ kind: 'broken', code: `closed ${code}`, instance: undefined }, undefined);
      return;
    }
    this.#observer.onEnd({
      kind: 'web-socket',
      singleton: this.#target.singleton,
      release: this.#release,
      openedMs: this.#openedMs,
      endedMs: performance.now(),
      byClient: this.#byClient,
      clean: code !== ABNORMAL_CLOSE,
      code,
      detail: `closed with ${code} ${reason} ${this.#detail}`.trimEnd(),
    });
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
