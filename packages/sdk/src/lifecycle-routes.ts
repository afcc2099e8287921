import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, readBody } from './json-answer.ts';
import { isRefusal, type Lifecycle, type Refusal } from './lifecycle.ts';
import type { CommandKind } from './lifecycle-state.ts';
import { parseActivate, parseBody, parseCommand, parseSettle } from './wire.ts';

const commands: Readonly<Record<string, CommandKind>> = {
  '/lifecycle/activate': 'activate',
  '/lifecycle/quiesce': 'quiesce',
  '/lifecycle/settle': 'settle',
  '/lifecycle/checkpoint': 'checkpoint',
  '/lifecycle/deactivate': 'deactivate',
};

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** True for the authorization header of Baton and nobody else; takes the same time for every wrong one. */
export function secretCheck(secret: string | undefined): (header: string | undefined) => boolean {
  if (secret === undefined || secret === '') return () => false;
  const expected = digestOf(`Bearer ${secret}`);
  return (header) => timingSafeEqual(expected, digestOf(header ?? ''));
}

/** Answers every path under `/lifecycle`. */
export class LifecycleRoutes {
  readonly #lifecycle: Lifecycle;
  readonly #authorized: (header: string | undefined) => boolean;

  constructor(lifecycle: Lifecycle, secret: string | undefined) {
    this.#lifecycle = lifecycle;
    this.#authorized = secretCheck(secret);
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (!this.#authorized(request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      answerJson(response, 401, { error: 'unauthorized' });
      return;
    }
    const kind = commands[path];
    if (kind === undefined) return this.#read(request, response, path);
    if (request.method !== 'POST') return notAllowed(response, 'POST');
    const body = await readBody(request);
    if (body === undefined) {
      response.setHeader('connection', 'close');
      answerJson(response, 413, { error: 'too-large' });
      return;
    }
    const parsed = parseBody(body);
    if (!parsed.ok) return badRequest(response, parsed.message);
    await this.#command(kind, parsed.value, response);
  }

  async #read(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path !== '/lifecycle' && path !== '/lifecycle/exposure') {
      answerJson(response, 404, { error: 'not-found' });
      return;
    }
    if (request.method !== 'GET') return notAllowed(response, 'GET');
    answerJson(response, 200, path === '/lifecycle' ? this.#lifecycle.state : await this.#lifecycle.exposure());
  }

  async #command(
    kind: CommandKind,
    fields: Readonly<Record<string, unknown>>,
    response: ServerResponse,
  ): Promise<void> {
    const command = parseCommand(kind, fields);
    if (!command.ok) return badRequest(response, command.message);
    const lifecycle = this.#lifecycle;
    switch (kind) {
      case 'activate': {
        const body = parseActivate(fields);
        if (!body.ok) return badRequest(response, body.message);
        return this.#answer(response, await lifecycle.activate(command.value, body.value));
      }
      case 'settle': {
        const body = parseSettle(fields);
        if (!body.ok) return badRequest(response, body.message);
        return this.#answer(response, await lifecycle.settle(command.value, body.value));
      }
      case 'quiesce':
        return this.#answer(response, lifecycle.quiesce(command.value));
      case 'checkpoint':
        return this.#answer(response, await lifecycle.checkpoint(command.value));
      case 'deactivate':
        return this.#answer(response, lifecycle.deactivate(command.value));
    }
  }

  #answer(response: ServerResponse, answer: object): void {
    if (!isRefusal(answer)) {
      answerJson(response, 200, answer);
      return;
    }
    const { floor, phase } = this.#lifecycle.record;
    const { refused, message } = answer;
    answerJson(response, statusOf(refused), {
      error: refused,
      ...(message === undefined ? {} : { message }),
      floor,
      phase,
    });
  }
}

function statusOf(refused: Refusal['refused']): number {
  switch (refused) {
    case 'unreadable-checkpoint':
      return 422;
    case 'activation-failed':
    case 'checkpoint-failed':
      return 500;
    case 'wrong-instance':
    case 'stale-token':
    case 'stale-epoch':
    case 'wrong-phase':
      return 409;
  }
}

function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  answerJson(response, 405, { error: 'method-not-allowed' });
}

const badRequest = (response: ServerResponse, message: string): void =>
  answerJson(response, 400, { error: 'bad-request', message });
