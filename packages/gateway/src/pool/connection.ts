import type { Dispatcher } from 'undici';
import Client from 'undici/lib/dispatcher/client.js';

export interface ConnectionSettings {
  readonly connectTimeoutMs: number;
  readonly memberHeadersTimeoutMs: number;
  readonly memberKeepAliveMs: number;
  readonly maxHeaderBytes: number;
}

/**
 * A member closes idle connections when it likes. Undici stops using one this long before the time that the
 * member announces in its `Keep-Alive` header.
 */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** One connection to a member; carries one request at a time. It connects at its first request. */
export class Connection {
  readonly #client: Client;
  /** Monotonic time at which it last became idle; undefined until its first request has ended. */
  idleSinceMs: number | undefined;

  constructor(origin: string, settings: ConnectionSettings, onClosed: (connection: Connection) => void) {
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      connect: { timeout: settings.connectTimeoutMs, keepAlive: true, noDelay: true },
      headersTimeout: settings.memberHeadersTimeoutMs,
      // A stream may be silent for as long as it likes; the drain deadline bounds it.
      bodyTimeout: 0,
      keepAliveTimeout: settings.memberKeepAliveMs,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      maxHeaderSize: settings.maxHeaderBytes,
    });
    this.#client.on('disconnect', () => onClosed(this));
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(options, handler);
  }

  /** Closes once the request that it may carry has ended. */
  close(): void {
    void this.#client.close().catch(() => undefined);
  }
}
