import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, readBody } from './json-answer.ts';
import { badRequest, type CallAnswer, commandNamed, type LifecycleCalls } from './lifecycle-calls.ts';
import { parseBody } from './wire.ts';

const prefix = '/lifecycle/';

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** True for the authorization header of Baton and nobody else; takes the same time for every wrong one. */
export function secretCheck(secret: string | undefined): (header: string | undefined) => boolean {
  if (secret === undefined || secret === '') return () => false;
  const expected = digestOf(`Bearer ${secret}`);
  return (header) => timingSafeEqual(expected, digestOf(header ?? ''));
}

/** Answers every path under `/lifecycle`. */
export class LifecycleRoutes {
  readonly #calls: LifecycleCalls;
  readonly #authorized: (header: string | undefined) => boolean;

  constructor(calls: LifecycleCalls, secret: string | undefined) {
    this.#calls = calls;
    this.#authorized = secretCheck(secret);
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (!this.#authorized(request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      answerJson(response, 401, { error: 'unauthorized' });
      return;
    }
    const kind = path.startsWith(prefix) ? commandNamed(path.slice(prefix.length)) : undefined;
    if (kind === undefined) return this.#read(request, response, path);
    if (request.method !== 'POST') return notAllowed(response, 'POST');
    const body = await readBody(request);
    if (body === undefined) {
      response.setHeader('connection', 'close');
      answerJson(response, 413, { error: 'too-large' });
      return;
    }
    const parsed = parseBody(body);
    send(response, parsed.ok ? await this.#calls.command(kind, parsed.value) : badRequest(parsed.message));
  }

  async #read(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path !== '/lifecycle' && path !== '/lifecycle/exposure') {
      answerJson(response, 404, { error: 'not-found' });
      return;
    }
    if (request.method !== 'GET') return notAllowed(response, 'GET');
    send(response, path === '/lifecycle' ? this.#calls.state() : await this.#calls.exposure());
  }
}

const send = (response: ServerResponse, { status, body }: CallAnswer): void => answerJson(response, status, body);

function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  answerJson(response, 405, { error: 'method-not-allowed' });
}
