import { isRefusal, type Lifecycle, type Refusal } from './lifecycle.ts';
import type { CommandKind } from './lifecycle-state.ts';
import { parseActivate, parseCommand, parseGoOn, parseSettle } from './wire.ts';

/** A call as it was answered, whichever way it came: a status as HTTP means it, and what to say. */
export interface CallAnswer {
  readonly status: number;
  readonly body: object;
}

type Fields = Readonly<Record<string, unknown>>;

const kinds: readonly CommandKind[] = ['activate', 'quiesce', 'settle', 'checkpoint', 'deactivate'];

/** The command of that name, where there is one. */
export const commandNamed = (name: string): CommandKind | undefined => kinds.find((kind) => kind === name);

export const badRequest = (message: string): CallAnswer => ({ status: 400, body: { error: 'bad-request', message } });

/** What Baton may ask and order, apart from how it reaches the program. */
export class LifecycleCalls {
  readonly #lifecycle: Lifecycle;

  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
  }

  state(): CallAnswer {
    return { status: 200, body: this.#lifecycle.state };
  }

  async exposure(): Promise<CallAnswer> {
    return { status: 200, body: await this.#lifecycle.exposure() };
  }

  async command(kind: CommandKind, fields: Fields): Promise<CallAnswer> {
    const command = parseCommand(kind, fields);
    if (!command.ok) return badRequest(command.message);
    const lifecycle = this.#lifecycle;
    switch (kind) {
      case 'activate': {
        const body = parseActivate(fields);
        return body.ok ? this.#answer(await lifecycle.activate(command.value, body.value)) : badRequest(body.message);
      }
      case 'settle': {
        const body = parseSettle(fields);
        return body.ok ? this.#answer(await lifecycle.settle(command.value, body.value)) : badRequest(body.message);
      }
      case 'quiesce': {
        const body = parseGoOn(fields);
        return body.ok ? this.#answer(await lifecycle.quiesce(command.value, body.value)) : badRequest(body.message);
      }
      case 'checkpoint':
        return this.#answer(await lifecycle.checkpoint(command.value));
      case 'deactivate':
        return this.#answer(lifecycle.deactivate(command.value));
    }
  }

  #answer(answer: object): CallAnswer {
    if (!isRefusal(answer)) return { status: 200, body: answer };
    const { floor, phase } = this.#lifecycle.record;
    const { refused, message } = answer;
    const body = { error: refused, ...(message === undefined ? {} : { message }), floor, phase };
    return { status: statusOf(refused), body };
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
