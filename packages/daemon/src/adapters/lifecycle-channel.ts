import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { request } from '../node-http.ts';

/** The protocol of docs/lifecycle.md: a line of JSON for each call, a line for each answer. */
const PROTOCOL = 'baton-lifecycle/1';
const OPEN_TIMEOUT_MS = 1_000;

/** An answer as HTTP would have brought it. */
export interface ChannelAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Waiting {
  readonly resolve: (answer: ChannelAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Asks an instance for its channel. Resolves with undefined where it answers, and does not speak it.
 * @throws Error where it could not be reached
 */
export const openChannel = (
  address: string,
  secret: string,
  longestAnswer: number,
): Promise<LifecycleChannel | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(`http://${address}/lifecycle/channel`, {
      agent: false,
      headers: { connection: 'upgrade', upgrade: PROTOCOL, authorization: `Bearer ${secret}` },
      timeout: OPEN_TIMEOUT_MS,
    });
    asked.on('upgrade', (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      if (answer.headers.upgrade === PROTOCOL) return resolve(new LifecycleChannel(socket, head, longestAnswer));
      socket.destroy();
      resolve(undefined);
    });
    asked.on('response', (answer) => {
      answer.destroy();
      resolve(undefined);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${OPEN_TIMEOUT_MS} ms`)));
    asked.on('error', reject);
    asked.end();
  });

/** Calls to one instance over one connection. Several may be on their way at once. */
export class LifecycleChannel {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #longestAnswer: number;
  #text = '';
  #calls = 0;

  constructor(socket: Socket, head: Buffer, longestAnswer: number) {
    this.#socket = socket;
    this.#longestAnswer = longestAnswer;
    // A call on its way keeps the process alive by its timer; a channel that waits does not.
    socket.unref();
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('it closed the connection'));
    if (head.length > 0) this.#take(head.toString('utf8'));
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** @throws Error where no whole answer came: what was asked may have been done. */
  call(name: string, body: object | undefined, timeoutMs: number): Promise<ChannelAnswer> {
    return new Promise((resolve, reject) => {
      this.#calls += 1;
      const id = this.#calls;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.write(`${JSON.stringify({ id, call: name, body })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n'); end !== -1; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#answer(line);
    }
    if (this.#text.length > this.#longestAnswer) this.#end(`an answer is longer than ${this.#longestAnswer} bytes`);
  }

  #answer(line: string): void {
    let answer: { readonly id?: unknown; readonly status?: unknown; readonly body?: unknown } | null;
    try {
      answer = JSON.parse(line) as typeof answer;
    } catch {
      return this.#end('its answer is no JSON');
    }
    const { id, status, body } = answer ?? {};
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    // One that came after its time limit has nobody waiting for it any more.
    if (waiting === undefined || typeof id !== 'number') return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve({ status: typeof status === 'number' ? status : 500, body });
  }

  #end(why: string): void {
    this.#socket.destroy();
    for (const [id, { reject, timer }] of this.#waiting) {
      this.#waiting.delete(id);
      clearTimeout(timer);
      reject(new Error(why));
    }
  }
}
