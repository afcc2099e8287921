import type { Agent, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request } from '../node-http.ts';

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  /** `host:port`. */
  readonly address: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** For all of it, from the first byte to the last. */
  readonly timeoutMs: number;
  /** No more of the answer is read. */
  readonly maxBytes: number;
  /** Keeps connections for what is asked next; without one each question has its own. */
  readonly agent?: Agent;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** False where the answer goes on past `maxBytes`. */
  readonly whole: boolean;
}

/** Why there was no answer, as a clause that a person understands. */
export class NoAnswer extends Error {
  /** On a kept connection that the other side had closed meanwhile: nothing was heard of the question. */
  readonly stale: boolean;

  constructor(reason: string, stale = false, cause?: unknown) {
    super(reason, { cause });
    this.stale = stale;
  }
}

const reasonOf = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ECONNREFUSED') return 'nothing listens (connection refused)';
  if (error.code === 'ECONNRESET') return 'the connection was closed before an answer';
  return error.message === '' ? (error.code ?? error.name) : error.message;
};

const readAnswer = async (response: IncomingMessage, maxBytes: number): Promise<HttpAnswer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > maxBytes) break;
  }
  const whole = bytes <= maxBytes;
  if (whole && !response.complete) throw new NoAnswer('the answer was cut off');
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8').slice(0, maxBytes), whole };
};

const once = (question: HttpQuestion): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const { method, address, path, headers, body, timeoutMs, maxBytes, agent } = question;
    const at = address.lastIndexOf(':');
    const asked = request({
      method,
      host: address.slice(0, at),
      port: address.slice(at + 1),
      path,
      agent: agent ?? false,
      headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    const late = new NoAnswer(`no answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => asked.destroy(late), timeoutMs);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
    const fail = (error: Error): void => {
      if (error instanceof NoAnswer) return end(() => reject(error));
      const stale = asked.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      end(() => reject(new NoAnswer(reasonOf(error), stale, error)));
    };
    asked.on('error', fail);
    asked.on('response', (response) => {
      readAnswer(response, maxBytes).then(
        (answer) => end(() => resolve(answer)),
        (error: Error) => fail(asked.destroyed && asked.errored !== null ? asked.errored : error),
      );
    });
    asked.end(body);
  });

/**
 * Asks once, bounded in time and size. Where a kept connection had been closed meanwhile it asks again: for questions
 * only that may be asked twice.
 * @throws NoAnswer
 */
export const exchange = async (question: HttpQuestion): Promise<HttpAnswer> => {
  try {
    return await once(question);
  } catch (error) {
    if (error instanceof NoAnswer && error.stale) return await once(question);
    throw error;
  }
};
