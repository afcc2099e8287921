import { request } from 'node:http';
import type { AcceptedReport, ErrorReport, StatusReport, StreamLine } from '@baton/api';
import { paths } from '@baton/api';
import type { App } from '@baton/core';

/** Who the journal says that it was. */
const BY = 'bench';
/** Longer than any goal of a section; past it the section fails instead of hanging. */
const FOLLOW_BOUND_MS = 120_000;
const CALL_BOUND_MS = 30_000;

/** The daemon of a host, over its socket, as the command line asks it. */
export class DaemonApi {
  readonly #socket: string;
  readonly #signal: AbortSignal;

  constructor(socket: string, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
  }

  async version(): Promise<{ readonly pid: number }> {
    return (await this.#json('GET', paths.version)) as { readonly pid: number };
  }

  async status(app: App): Promise<StatusReport> {
    return (await this.#json('GET', paths.status(app.name, app.environment.name))) as StatusReport;
  }

  /** Opens a goal; the answer says whether there was anything to do. */
  async deploy(app: App): Promise<AcceptedReport> {
    return (await this.#json('POST', paths.deploy, { app, by: BY })) as AcceptedReport;
  }

  async restart(app: App): Promise<AcceptedReport> {
    return (await this.#json('POST', paths.restart(app.name, app.environment.name), { by: BY })) as AcceptedReport;
  }

  async stop(app: App): Promise<AcceptedReport> {
    return (await this.#json('POST', paths.stop(app.name, app.environment.name), { by: BY })) as AcceptedReport;
  }

  /** A goal from its first line to its last; `onLine` sees each as it comes. */
  async follow(app: App, generation: number, onLine?: (line: StreamLine) => void): Promise<readonly StreamLine[]> {
    const path = `${paths.events(app.name, app.environment.name)}?generation=${generation}`;
    const lines: StreamLine[] = [];
    let rest = '';
    await this.#ask('GET', path, undefined, FOLLOW_BOUND_MS, (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const line = JSON.parse(part) as StreamLine;
        lines.push(line);
        onLine?.(line);
      }
    });
    return lines;
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    let text = '';
    const status = await this.#ask(method, path, body, CALL_BOUND_MS, (part) => {
      text += part;
    });
    const answer: unknown = JSON.parse(text);
    if (status < 300) return answer;
    const { error } = answer as ErrorReport;
    throw new Error(`${method} ${path}: ${error.code}: ${error.message}`);
  }

  /** Resolves with the status when the whole answer was handed to `take`. */
  #ask(method: string, path: string, body: unknown, boundMs: number, take: (text: string) => void): Promise<number> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(boundMs)]);
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const asked = request({ socketPath: this.#socket, method, path, headers, signal }, (response) => {
        response.setEncoding('utf8');
        response.on('data', take);
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
