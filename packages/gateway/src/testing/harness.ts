import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrafficConfig } from '@baton/core';
import { GatewayClient } from '../client/index.ts';
import { type GatewayHandle, startGateway } from '../gateway.ts';
import type { GatewayOptions } from '../options.ts';

export const SCOPE = 'shop/local';

/** A port that nobody uses now. */
export const freePort = async (): Promise<number> => {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** Everything a test started, ended in reverse order. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];
  add(step: () => unknown): void {
    this.#steps.push(step);
  }
  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'));
    this.add(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }
}

export interface Backend {
  readonly server: Server;
  readonly address: string;
  close(): Promise<void>;
}

/** A member: a plain HTTP server on a port of its own. */
export const startBackend = async (cleanup: Cleanup, listener: RequestListener, port = 0): Promise<Backend> => {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanup.add(close);
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
};

/** Answers with its name and what it was asked. */
export const named = (name: string): RequestListener => {
  return (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      outgoing.setHeader('x-name', name);
      outgoing.end(
        JSON.stringify({
          name,
          method: incoming.method,
          url: incoming.url,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
  };
};

export interface TestGateway {
  readonly gateway: GatewayHandle;
  readonly client: GatewayClient;
  readonly stateDir: string;
}

export const startTestGateway = async (
  cleanup: Cleanup,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> => {
  const stateDir = options.stateDir ?? cleanup.folder();
  const gateway = await startGateway({ stopTimeoutMs: 200, ...options, stateDir });
  const client = new GatewayClient(stateDir);
  cleanup.add(async () => {
    client.close();
    await gateway.stop();
  });
  return { gateway, client, stateDir };
};

/** One service `web` with a pool for each colour; `live` takes the traffic. */
export const webConfig = (
  port: number,
  pools: Readonly<Record<string, readonly string[]>>,
  live: string,
  epoch = 1,
): TrafficConfig => ({
  scope: SCOPE,
  epoch,
  pools: Object.entries(pools).map(([id, members]) => ({ id, members })),
  routes: [{ id: 'web', listen: `127.0.0.1:${port}`, path: '/', pool: live, service: 'web' }],
  peers: [{ prefix: '/bot/web', pool: live }],
});

export const BOUNDS = { maxMs: 5_000, maxRequests: 1_000, maxBytes: 16_000_000 };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export const ask = (
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          trailers: response.trailers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.end(options.body);
  });

/** A raw connection, with all that it has received so far. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  ended = false;
  readonly #watchers = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk: string) => {
      this.received += chunk;
      this.#changed();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.ended = true;
      this.#changed();
    });
  }

  write(text: string | Buffer): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Resolves when `condition` holds; the test's own timeout is the bound. */
  async until(condition: (client: this) => boolean): Promise<this> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
    return this;
  }

  async untilEnded(): Promise<string> {
    await this.until((client) => client.ended);
    return this.received;
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Resolves when the condition, asked again after every turn of the event loop, holds. */
export const eventually = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
};
