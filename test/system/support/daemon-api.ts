import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { AcceptedReport, ErrorReport, StatusReport, StreamLine } from '@baton/api';
import { paths } from '@baton/api';
import type { App } from '@baton/core';
import { within } from './eventually.ts';

export type End = Extract<StreamLine, { readonly kind: 'end' }>;
export type Asked = Extract<StreamLine, { readonly kind: 'asked' }>;

const ANSWER_MS = 30_000;
/** The longest that any goal of these tests may take. */
const GOAL_MS = 90_000;

/** Refused by the daemon, with what the command line would say and end with. */
export class Refused extends Error {
  readonly code: string;
  readonly exitCode: number;
  readonly hint: string;

  constructor(report: ErrorReport) {
    super(report.error.message);
    this.name = 'Refused';
    this.code = report.error.code;
    this.exitCode = report.error.exitCode;
    this.hint = report.error.hint;
  }
}

/** The daemon's API over its socket, as the command line speaks it. */
export class DaemonApi {
  readonly #socket: string;
  readonly #app: string;
  readonly #environment: string;

  constructor(socket: string, app: string, environment: string) {
    this.#socket = socket;
    this.#app = app;
    this.#environment = environment;
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#ask('GET', path)) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.#ask('POST', path, body)) as T;
  }

  /** A path of the environment that is tested. */
  at(name: Exclude<keyof typeof paths, 'version' | 'health' | 'metrics' | 'environments' | 'plan' | 'deploy'>): string {
    return paths[name](this.#app, this.#environment);
  }

  async deploy(app: App, more: Readonly<Record<string, unknown>> = {}): Promise<AcceptedReport> {
    return await this.post<AcceptedReport>(paths.deploy, { app, by: 'test', ...more });
  }

  async status(): Promise<StatusReport> {
    return await this.get<StatusReport>(this.at('status'));
  }

  /** Every line of a goal until it has ended, asks a person, or the connection breaks (a daemon that died). */
  async *follow(generation: number): AsyncGenerator<StreamLine> {
    const response = await this.#open('GET', `${this.at('events')}?generation=${generation}`);
    const lines = createInterface({ input: response });
    try {
      for await (const line of lines) yield JSON.parse(line) as StreamLine;
    } finally {
      lines.close();
      response.destroy();
    }
  }

  /** The end of a goal, and all that was said on the way. @throws Error where a person is asked instead */
  async end(generation: number): Promise<End & { readonly lines: readonly StreamLine[] }> {
    const { last, lines } = await this.outcome(generation);
    if (last.kind === 'end') return { ...last, lines };
    throw new Error(`the goal asks: ${last.question.text}`);
  }

  /** The end of a goal or its question, whichever comes. */
  async outcome(generation: number): Promise<{ readonly last: End | Asked; readonly lines: readonly StreamLine[] }> {
    const lines: StreamLine[] = [];
    const read = async (): Promise<End | Asked> => {
      for await (const line of this.follow(generation)) {
        lines.push(line);
        if (line.kind === 'end' || line.kind === 'asked') return line;
      }
      throw new Error(`the stream of goal ${generation} ended early`);
    };
    try {
      return { last: await within(`goal ${generation} ends`, GOAL_MS, read()), lines };
    } catch (error) {
      const told = lines.slice(-12).map((line) => JSON.stringify(line).slice(0, 300));
      throw new Error(`${(error as Error).message}\n${told.join('\n')}`, { cause: error });
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#open(method, path, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if ((response.statusCode ?? 500) < 300) return answer;
    throw new Refused(answer as ErrorReport);
  }

  async #open(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      const options = { socketPath: this.#socket, method, path, headers: { 'content-type': 'application/json' } };
      const sent = request(options, resolve);
      sent.setTimeout(GOAL_MS + ANSWER_MS, () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
