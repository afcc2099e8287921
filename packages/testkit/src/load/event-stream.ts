import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { FAULT_HEADER } from './attribution.ts';
import { EventParser } from './event-parser.ts';
import { answererOf } from './expectations.ts';
import type { LiveStream, StreamObserver, StreamTarget } from './live-stream.ts';
import { RELEASE_HEADER } from './requester.ts';
import { Sequence } from './sequence.ts';

/** One stream of server-sent events: follows the ids. */
export class EventStream implements LiveStream {
  readonly #target: StreamTarget;
  readonly #observer: StreamObserver;
  readonly #request: ClientRequest;
  readonly #sequence: Sequence;
  readonly #parser = new EventParser((event) => this.#take(event));
  #life: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;
  #openedMs: number | undefined;
  #settled = false;
  #byClient = false;
  #release: string | undefined;

  constructor(target: StreamTarget, observer: StreamObserver) {
    this.#target = target;
    this.#observer = observer;
    this.#sequence = new Sequence(target.firstNumber);
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (target.host !== undefined) headers.host = target.host;
    this.#request = request(new URL(target.path, target.base), { agent: false, headers });
    this.#stall = setTimeout(() => this.#silent(), target.openTimeoutMs);
    this.#request.on('response', (response) => this.#open(response));
    this.#request.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      if (this.#openedMs === undefined) this.#refuse({ kind: 'broken', code, instance: undefined }, undefined);
      else this.#end(false, code);
    });
    this.#request.end();
  }

  close(): void {
    this.#byClient = true;
    if (this.#openedMs === undefined) return;
    this.#end(true, 'closed by the client');
    this.#request.destroy();
  }

  #open(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const header = (name: string): string | undefined => {
      const value = response.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    response.on('error', (error) => this.#end(false, error.message));
    if (status !== 200) {
      response.resume();
      this.#refuse({ kind: 'status', status, faultHeader: header(FAULT_HEADER), body: '' }, status);
      return;
    }
    this.#release = header(RELEASE_HEADER);
    this.#openedMs = performance.now();
    this.#observer.onOpen();
    clearTimeout(this.#stall);
    if (this.#byClient) {
      this.close();
      return;
    }
    this.#stall = setTimeout(() => this.#silent(), this.#target.stallMs);
    this.#life = setTimeout(() => this.close(), this.#target.lifetimeMs);
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#parser.push(text));
    response.on('end', () => this.#end(response.complete, 'the response ended'));
    response.on('close', () => this.#end(false, 'the connection was closed within the response'));
  }

  #take(event: { readonly id: string | undefined; readonly data: string }): void {
    if (this.#settled) return;
    this.#observer.onMessage();
    this.#stall?.refresh();
    this.#followRelease(event.data);
    if (event.id === undefined) return;
    const problem = this.#sequence.problem(event.id.trim() === '' ? Number.NaN : Number(event.id));
    if (problem !== undefined) this.#observer.onWrong(problem);
  }

  #followRelease(data: string): void {
    if (!data.startsWith('{')) return;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      this.#observer.onWrong(`event is not JSON: ${data.slice(0, 80)}`);
      return;
    }
    const { release } = answererOf(value);
    if (release !== undefined && this.#release !== undefined && release !== this.#release) {
      this.#observer.onWrong(`release ${this.#release} became ${release} within one stream`);
    }
    this.#release ??= release;
  }

  #silent(): void {
    if (this.#openedMs === undefined) this.#refuse({ kind: 'timeout' }, undefined);
    else this.#end(false, `nothing came for ${this.#target.stallMs} ms`);
    this.#request.destroy();
  }

  #refuse(...refusal: Parameters<StreamObserver['onRefused']>): void {
    if (!this.#settle()) return;
    this.#observer.onRefused(...refusal);
  }

  #end(clean: boolean, detail: string): void {
    if (this.#openedMs === undefined || !this.#settle()) return;
    this.#observer.onEnd({
      kind: 'event-stream',
      singleton: this.#target.singleton,
      release: this.#release,
      openedMs: this.#openedMs,
      endedMs: performance.now(),
      byClient: this.#byClient,
      clean,
      code: undefined,
      detail,
    });
  }

  /** True the first time. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#life);
    clearTimeout(this.#stall);
    return true;
  }
}
