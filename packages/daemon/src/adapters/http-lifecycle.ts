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
import { type Agent, request } from 'undici';

/** Longest answer that is read: a checkpoint is learned state, not a database. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const CALL_TIMEOUT_MS = 5_000;
const PHASES: readonly string[] = ['standby', 'active', 'quiesced', 'settled'];

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

const readAll = async (call: Call, body: AsyncIterable<unknown>): Promise<Record<string, unknown>> => {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > MAX_ANSWER_BYTES)
      throw refuse('lifecycle-invalid-answer', call, `its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
  }
  try {
    const answer: unknown = JSON.parse(text);
    if (answer !== null && typeof answer === 'object') return answer as Record<string, unknown>;
  } catch {
    // Told below, together with every other answer that is no object.
  }
  throw refuse('lifecycle-invalid-answer', call, 'its answer is no JSON object');
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

const adoptedOf = (answer: Record<string, unknown>): Adopted | undefined => {
  const { orders, positions } = (answer.adopted ?? {}) as { orders?: unknown; positions?: unknown };
  return typeof orders === 'number' && typeof positions === 'number' ? { orders, positions } : undefined;
};

/** The lifecycle contract over HTTP, on kept-alive connections: these calls are where nobody trades. */
export const httpLifecycle = (agent: Agent, secretOf: (instance: string) => string): Lifecycle => {
  const send = async (call: Call): Promise<Record<string, unknown>> => {
    const { at, body, timeoutMs } = call;
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request(`http://${at.address}/lifecycle${call.name === 'state' ? '' : `/${call.name}`}`, {
        dispatcher: agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${secretOf(at.instance)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify({ instance: at.instance, ...body }),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw refuse('lifecycle-unreachable', call, error instanceof Error ? error.message : String(error), error);
    }
    const content = await readAll(call, answer.body);
    if (answer.statusCode >= 200 && answer.statusCode < 300) return content;
    const why = typeof content.error === 'string' ? content.error : `status ${answer.statusCode}`;
    throw refuse('lifecycle-refused', call, `refused: ${why}`);
  };
  const ask = async (
    at: LifecycleAddress,
    name: string,
    body?: Record<string, unknown>,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<[Call, Record<string, unknown>]> => {
    const call = { at, name, body, timeoutMs };
    return [call, await send(call)];
  };
  return {
    observe: async (at) => {
      try {
        const [call, answer] = await ask(at, 'state', undefined, 1_000);
        return known(stateOf(call, answer));
      } catch (error) {
        return unknown(error instanceof Error ? error.message : String(error));
      }
    },
    quiesce: async (at, authority) => stateOf(...(await ask(at, 'quiesce', { ...authority }))),
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
