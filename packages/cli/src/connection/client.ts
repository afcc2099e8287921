import type { IncomingMessage } from 'node:http';
import type { ErrorReport } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { DaemonRefusal, EXIT } from '../exit-code.ts';
import { readLines } from './read-lines.ts';
import { daemonDown, send } from './socket.ts';

/** An answer larger than this is no answer of ours. */
const ANSWER_BYTES = 64 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 15_000;

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The daemon of one state directory. Shapes are those of `@baton/api`; the daemon checks what it is sent. */
export interface DaemonClient {
  readonly stateDir: string;
  get<T>(path: string, options?: RequestOptions): Promise<T>;
  post<T>(path: string, body: unknown, options?: RequestOptions): Promise<T>;
  /** One JSON value a line, until the daemon ends the answer; rejects where it breaks off. */
  lines<T>(path: string, signal: AbortSignal): AsyncGenerator<T, void, undefined>;
}

const isErrorReport = (value: unknown): value is ErrorReport =>
  typeof value === 'object' &&
  value !== null &&
  'error' in value &&
  typeof value.error === 'object' &&
  value.error !== null;

const FAULTS: ReadonlySet<string> = new Set(['user', 'environment', 'bug']);

const refusal = (text: string, status: number): BatonError => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isErrorReport(value)) {
    const { code, message, hint, fault, exitCode } = value.error;
    const known = FAULTS.has(fault) ? (fault as 'user' | 'environment' | 'bug') : 'environment';
    return new DaemonRefusal(code, message, hint, known, typeof exitCode === 'number' ? exitCode : EXIT.failed);
  }
  return new BatonError('daemon-answer-unreadable', `The daemon answered ${status} with something unreadable.`, {
    fault: 'bug',
    hint: 'Look at daemon.log in the state directory.',
  });
};

const textOf = async (response: IncomingMessage, stateDir: string): Promise<string> => {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      if (text.length > ANSWER_BYTES) throw refusal('', response.statusCode ?? 0);
    }
  } catch (error) {
    throw error instanceof BatonError ? error : daemonDown(stateDir, error);
  }
  return text;
};

const answerOf = async <T>(response: IncomingMessage, stateDir: string): Promise<T> => {
  const status = response.statusCode ?? 0;
  const text = await textOf(response, stateDir);
  if (status < 200 || status >= 300) throw refusal(text, status);
  if (text === '') return {} as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw refusal(text, status);
  }
};

export const daemonClient = (stateDir: string): DaemonClient => {
  const call = async <T>(method: 'GET' | 'POST', path: string, body: unknown, options: RequestOptions): Promise<T> => {
    const { timeoutMs = ANSWER_TIMEOUT_MS, signal } = options;
    const response = await send({
      stateDir,
      method,
      path,
      timeoutMs,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    return answerOf<T>(response, stateDir);
  };
  return {
    stateDir,
    get: (path, options = {}) => call('GET', path, undefined, options),
    post: (path, body, options = {}) => call('POST', path, body, options),
    async *lines<T>(path: string, signal: AbortSignal) {
      const response = await send({ stateDir, method: 'GET', path, timeoutMs: ANSWER_TIMEOUT_MS, signal });
      const status = response.statusCode ?? 0;
      if (status !== 200) throw refusal(await textOf(response, stateDir), status);
      try {
        for await (const line of readLines(response)) yield JSON.parse(line) as T;
      } catch (error) {
        throw error instanceof BatonError ? error : daemonDown(stateDir, error);
      } finally {
        response.destroy();
      }
    },
  };
};
