import type { ServerResponse } from 'node:http';

const MAX_LISTENERS = 1000;
/** A listener that lets so much pile up is cut off. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** Sends every price to everybody who listens, as server-sent events. */
export class PriceStream {
  readonly #listeners = new Set<ServerResponse>();
  #next = 1;

  /** False where there are too many listeners already. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= MAX_LISTENERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    return true;
  }

  send(prices: readonly unknown[]): void {
    if (this.#listeners.size === 0) return;
    const event = `id: ${this.#next}\nevent: prices\ndata: ${JSON.stringify(prices)}\n\n`;
    this.#next += 1;
    for (const listener of this.#listeners) {
      if (listener.writableLength > MAX_BACKLOG_BYTES) listener.destroy();
      else listener.write(event);
    }
  }

  close(): void {
    for (const listener of this.#listeners) listener.end();
  }
}
