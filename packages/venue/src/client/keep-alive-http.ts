import type { IncomingMessage } from 'node:http';
import { type Known, known, unknown } from '@baton/core';
import { Agent, request } from './node-http.ts';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_SOCKETS = 8;

/** One HTTP question whose answer is JSON. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the base URL on, query included. */
  readonly path: string;
  readonly body?: unknown;
}

/** JSON over connections that stay open, since a handover of a few milliseconds waits for the answers. */
export class KeepAliveHttp {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  constructor(baseUrl: string, headers: Readonly<Record<string, string>>, timeoutMs: number) {
    this.#base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
  }

  /** The body of a whole 2xx answer within the timeout; everything else is unknown, with its reason. */
  async ask(question: Question): Promise<Known<unknown>> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const body = question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
    for (let again = false; ; again = true) {
      const answer = await this.#exchange(question, body, signal);
      // A kept connection that the venue had closed meanwhile; every question here may be asked twice.
      if (answer === 'stale-connection' && !again) continue;
      if (answer === 'stale-connection')
        return unknown(`${question.method} ${question.path}: the connection was closed`);
      if (answer.known) return answer;
      const reason = signal.aborted ? `no answer within ${this.#timeoutMs} ms` : answer.reason;
      return unknown(`${question.method} ${question.path}: ${reason}`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(
    question: Question,
    body: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<Known<unknown> | 'stale-connection'> {
    return new Promise((resolve) => {
      const url = new URL(question.path.replace(/^\//, ''), this.#base);
      const content = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
      const sent = request(url, {
        method: question.method,
        agent: this.#agent,
        signal,
        headers: { ...this.#headers, ...content },
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve('stale-connection');
        else resolve(unknown(error.message === '' ? (error.code ?? error.name) : error.message));
      });
      sent.on('response', (response) => {
        wholeText(response).then(
          (text) => resolve(readAnswer(response.statusCode ?? 0, text)),
          (error: unknown) => {
            sent.destroy();
            resolve(unknown(error instanceof Error ? error.message : 'the answer was cut off'));
          },
        );
      });
      sent.end(body);
    });
  }
}

async function wholeText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('the answer was cut off');
  return Buffer.concat(chunks).toString('utf8');
}

function readAnswer(status: number, text: string): Known<unknown> {
  if (status < 200 || status > 299) return unknown(`status ${status} ${text.slice(0, 200)}`);
  try {
    return known(JSON.parse(text) as unknown);
  } catch {
    return unknown('the answer is not JSON');
  }
}
