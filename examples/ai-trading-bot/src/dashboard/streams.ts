import type { Server, ServerResponse } from 'node:http';
import type { Identity } from '@baton/sdk';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

const tickMs = 100;
const mostStreams = 5_000;
const largestMessageBytes = 1024 * 1024;

/**
 * WebSockets and event streams. Each has its own sequence from 1, so that a client sees a tick that was lost or
 * came twice. A client that does not read loses its stream, not our memory.
 */
export class Streams {
  readonly #identity: Identity;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessageBytes });
  readonly #events = new Map<ServerResponse, number>();
  readonly #ticks = new Map<WebSocket, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(identity: Identity) {
    this.#identity = identity;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  get count(): number {
    return this.#events.size + this.#ticks.size;
  }

  /** Takes upgrades of `/ws`; refuses every other. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      const path = (request.url ?? '').split('?')[0];
      if (path !== '/ws' || this.count >= mostStreams) {
        socket.end(
          `HTTP/1.1 ${path === '/ws' ? '503 Service Unavailable' : '404 Not Found'}\r\nconnection: close\r\n\r\n`,
        );
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#open(client));
    });
  }

  /** Answers a request with an event stream that stays. */
  events(response: ServerResponse): void {
    if (this.count >= mostStreams) {
      response.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#events.set(response, 0);
    response.on('close', () => this.#events.delete(response));
    this.#event(response);
  }

  /** Ends every stream in good order: 1001 is "going away". */
  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#ticks.keys()) client.close(1001, 'going away');
    for (const response of this.#events.keys()) response.end();
    this.#sockets.close();
  }

  #open(client: WebSocket): void {
    this.#ticks.set(client, 0);
    client.on('close', () => this.#ticks.delete(client));
    client.on('error', () => client.terminate());
    client.on('message', (data, isBinary) => {
      if (isBinary) client.send(data, { binary: true });
      else client.send(JSON.stringify({ echo: textOf(data) }));
    });
    this.#send(client);
  }

  #tick(): void {
    for (const client of this.#ticks.keys()) this.#send(client);
    for (const response of this.#events.keys()) this.#event(response);
  }

  #send(client: WebSocket): void {
    if (client.bufferedAmount > largestMessageBytes) {
      client.terminate();
      return;
    }
    const seq = (this.#ticks.get(client) ?? 0) + 1;
    this.#ticks.set(client, seq);
    client.send(this.#message(seq));
  }

  #event(response: ServerResponse): void {
    if (response.writableLength > largestMessageBytes) {
      response.destroy();
      return;
    }
    const seq = (this.#events.get(response) ?? 0) + 1;
    this.#events.set(response, seq);
    response.write(`id: ${seq}\ndata: ${this.#message(seq)}\n\n`);
  }

  #message(seq: number): string {
    const { release, slot } = this.#identity;
    return JSON.stringify({ seq, release, slot });
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}
