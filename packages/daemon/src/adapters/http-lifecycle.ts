import {
  type Adopted,
  BatonError,
  type Checkpoint,
  type Exposure,
  type Json,
  type Known,
  known,
  type Lifecycle,
  type LifecycleAddress,
  type LifecyclePhase,
  type LifecycleState,
  unknown,
} from '@baton/core';
import { Agent } from '../node-http.ts';
import { exchange } from './http-exchange.ts';
import { type LifecycleChannel, openChannel } from './lifecycle-channel.ts';

/** Longest answer that is read: a checkpoint is learned state, not a database. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const CALL_TIMEOUT_MS = 5_000;
/** Far above what one host runs: what is forgotten is opened again when it is next looked at. */
const MAX_CHANNELS = 256;
const PHASES: readonly string[] = ['standby', 'active', 'quiesced', 'settled'];

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly at: LifecycleAddress;
  readonly name: string;
  readonly body: Record<string, unknown> | undefined;
  readonly timeoutMs: number;
}

const refuse = (code: string, call: Call, what: string, cause?: unknown): BatonError =>
  new BatonError(code, `${call.name} of instance ${call.at.instance.slice(0, 8)} at ${call.at.address}: ${what}`, {
    hint: 'See docs/lifecycle.md for what the workload has to answer, and its log for why it did not.',
    cause,
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const stateOf = (call: Call, answer: Record<string, unknown>): LifecycleState => {
  const { instance, phase, token, release, digest } = answer;
  if (instance !== call.at.instance) throw refuse('lifecycle-invalid-answer', call, 'another instance answered');
  if (typeof phase !== 'string' || !PHASES.includes(phase) || typeof token !== 'number') {
    throw refuse('lifecycle-invalid-answer', call, 'phase or token is missing');
  }
  return {
    instance: call.at.instance,
    phase: phase as LifecyclePhase,
    token,
    release: Number(release ?? 0),
    digest: typeof digest === 'string' ? digest : '',
  };
};

const countOf = (value: unknown): Known<number> => {
  const {
    known: isKnown,
    value: count,
    reason,
  } = (value ?? {}) as { known?: unknown; value?: unknown; reason?: unknown };
  if (isKnown === true && typeof count === 'number' && Number.isFinite(count) && count >= 0) return known(count);
  return unknown(typeof reason === 'string' ? reason : 'the workload did not say');
};

const exposureOf = (answer: Record<string, unknown>): Exposure => ({
  openOrders: countOf(answer.openOrders),
  positions: countOf(answer.positions),
  inFlight: countOf(answer.inFlight),
});

const checkpointOf = (call: Call, answer: Record<string, unknown>): Checkpoint => {
  const { state, takenAt, format } = answer;
  if (state === undefined || typeof takenAt !== 'number')
    throw refuse('lifecycle-invalid-answer', call, 'state or takenAt is missing');
  return { state: state as Json, takenAt, format: typeof format === 'string' ? format : 'json' };
};

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object';

const adoptedOf = (answer: Record<string, unknown>): Adopted | undefined => {
  const { orders, positions } = (answer.adopted ?? {}) as { orders?: unknown; positions?: unknown };
  return typeof orders === 'number' && typeof positions === 'number' ? { orders, positions } : undefined;
};

/** Channels by instance; null for one that answered and speaks none. */
class Channels {
  readonly #open = new Map<string, LifecycleChannel | null>();
  readonly #opening = new Set<string>();
  readonly #secretOf: (instance: string) => string;

  constructor(secretOf: (instance: string) => string) {
    this.#secretOf = secretOf;
  }

  of(at: LifecycleAddress): LifecycleChannel | undefined {
    const channel = this.#open.get(at.instance);
    if (channel === undefined || channel === null) return undefined;
    if (channel.isOpen) return channel;
    this.#open.delete(at.instance);
    return undefined;
  }

  /** In the background: a call that finds no channel goes over HTTP. */
  prepare(at: LifecycleAddress): void {
    if (this.#open.has(at.instance) || this.#opening.has(at.instance)) return;
    this.#opening.add(at.instance);
    openChannel(at.address, this.#secretOf(at.instance), MAX_ANSWER_BYTES)
      .then((channel) => this.#keep(at.instance, channel ?? null))
      .catch(() => undefined)
      .finally(() => this.#opening.delete(at.instance));
  }

  #keep(instance: string, channel: LifecycleChannel | null): void {
    this.#open.set(instance, channel);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_CHANNELS && oldest !== undefined) {
      this.#open.get(oldest)?.close();
      this.#open.delete(oldest);
    }
  }
}

/**
 * The lifecycle contract over HTTP; over a channel where the instance speaks it. These calls are where nobody
 * trades, and most of what a call takes is HTTP.
 */
export const httpLifecycle = (secretOf: (instance: string) => string): Lifecycle => {
  const channels = new Channels(secretOf);
  const agent = new Agent({ keepAlive: true });
  const overHttp = async (call: Call): Promise<Answer> => {
    const { at, name, body, timeoutMs } = call;
    const authorization = `Bearer ${secretOf(at.instance)}`;
    const answer = await exchange({
      method: body === undefined ? 'GET' : 'POST',
      address: at.address,
      path: `/lifecycle${name === 'state' ? '' : `/${name}`}`,
      headers: body === undefined ? { authorization } : { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
      agent,
    });
    if (answer.whole) return { status: answer.status, body: parsed(answer.text) };
    throw refuse('lifecycle-invalid-answer', call, `its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
  };
  const send = async (call: Call): Promise<Record<string, unknown>> => {
    const channel = channels.of(call.at);
    let answer: Answer;
    try {
      answer = channel === undefined ? await overHttp(call) : await channel.call(call.name, call.body, call.timeoutMs);
    } catch (error) {
      if (error instanceof BatonError) throw error;
      throw refuse('lifecycle-unreachable', call, error instanceof Error ? error.message : String(error), error);
    }
    const { status, body } = answer;
    if (!isObject(body)) throw refuse('lifecycle-invalid-answer', call, 'its answer is no JSON object');
    const content = body;
    if (status >= 200 && status < 300) return content;
    throw refuse(
      'lifecycle-refused',
      call,
      `refused: ${typeof content.error === 'string' ? content.error : `status ${status}`}`,
    );
  };
  const ask = async (
    at: LifecycleAddress,
    name: string,
    body?: Record<string, unknown>,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<[Call, Record<string, unknown>]> => {
    const call = { at, name, body: body === undefined ? undefined : { instance: at.instance, ...body }, timeoutMs };
    return [call, await send(call)];
  };
  return {
    observe: async (at) => {
      channels.prepare(at);
      try {
        const [call, answer] = await ask(at, 'state', undefined, 1_000);
        return known(stateOf(call, answer));
      } catch (error) {
        return unknown(error instanceof Error ? error.message : String(error));
      }
    },
    quiesce: async (at, authority, goOn) => {
      const body = goOn === undefined ? { ...authority } : { ...authority, goOn };
      const [call, answer] = await ask(at, 'quiesce', body, CALL_TIMEOUT_MS + (goOn?.deadlineMs ?? 0));
      const { exposure, checkpoint } = answer;
      return {
        state: stateOf(call, answer),
        exposure: isObject(exposure) ? exposureOf(exposure) : undefined,
        checkpoint: isObject(checkpoint) ? checkpointOf(call, checkpoint) : undefined,
      };
    },
    settle: async (at, authority, policy, deadlineMs) =>
      exposureOf((await ask(at, 'settle', { ...authority, policy, deadlineMs }, deadlineMs + CALL_TIMEOUT_MS))[1]),
    exposure: async (at) => exposureOf((await ask(at, 'exposure'))[1]),
    checkpoint: async (at, authority) => checkpointOf(...(await ask(at, 'checkpoint', { ...authority }))),
    deactivate: async (at, authority) => stateOf(...(await ask(at, 'deactivate', { ...authority }))),
    activate: async (at, { token, epoch, checkpoint, stale }) => {
      const [call, answer] = await ask(at, 'activate', { token, epoch, checkpoint: checkpoint ?? null, stale });
      return { state: stateOf(call, answer), adopted: adoptedOf(answer) };
    },
  };
};
