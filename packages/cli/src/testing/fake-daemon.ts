import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { PROTOCOL, paths, VERSION, type VersionReport } from '@baton/api';

/** What was asked of it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** An answer: a value, a refusal, or lines; `break` cuts the connection after them. */
export type Answer =
  | { readonly value: unknown; readonly status?: number }
  | { readonly lines: readonly unknown[]; readonly after?: 'end' | 'break' | 'stay' }
  | { readonly silent: true };

type Handler = (asked: Asked) => Answer;

export interface FakeDaemon {
  readonly asked: Asked[];
  /** Answers a path (without its query) from now on. */
  on(method: 'GET' | 'POST', path: string, handler: Handler | Answer): void;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
};

const respond = (response: ServerResponse, answer: Answer): void => {
  if ('silent' in answer) return;
  if ('value' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.value));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  for (const line of answer.lines) response.write(`${JSON.stringify(line)}\n`);
  if (answer.after === 'break') setImmediate(() => response.destroy());
  else if (answer.after !== 'stay') response.end();
};

const notFound: Answer = {
  status: 404,
  value: {
    error: { code: 'not-found', message: 'No such path.', hint: 'Look at the paths.', fault: 'bug', exitCode: 1 },
  },
};

/** A real HTTP server on the daemon's socket, whose answers a test gives. */
export const fakeDaemon = async (stateDir: string): Promise<FakeDaemon> => {
  const asked: Asked[] = [];
  const handlers = new Map<string, Handler>();
  const server: Server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://daemon');
      const call = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        body: await bodyOf(request),
      };
      asked.push(call);
      respond(response, handlers.get(`${call.method} ${call.path}`)?.(call) ?? notFound);
    })();
  });
  await new Promise<void>((resolve) => server.listen(join(stateDir, 'daemon.sock'), resolve));
  const version: VersionReport = { version: VERSION, protocol: PROTOCOL, pid: process.pid, stateDir, startedAt: 0 };
  const daemon: FakeDaemon = {
    asked,
    on: (method, path, handler) => {
      handlers.set(`${method} ${path}`, typeof handler === 'function' ? handler : () => handler);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  daemon.on('GET', paths.version, { value: version });
  daemon.on('GET', paths.health, { value: { status: 'healthy' } });
  return daemon;
};
