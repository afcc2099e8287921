import { Connection, type ConnectionSettings } from './connection.ts';

const MAX_IDLE_CONNECTIONS = 256;

/**
 * A request that must not be sent twice goes only on a connection that was in use this short a time ago. A
 * member that closes an idle connection while we send on it would lose the request, and nobody could know
 * whether it had been read; no server in use closes a connection after a tenth of a second.
 */
const FRESH_ENOUGH_MS = 100;

/** One instance that serves a pool: its address and its connections. */
export class Member {
  readonly address: string;
  readonly origin: string;
  inFlight = 0;
  /** True once no route leads to it any more. */
  retired = false;
  readonly #settings: ConnectionSettings;
  /** The one used last is used next, so that those too many grow old and close. */
  readonly #idle: Connection[] = [];
  readonly #onClosed = (connection: Connection): void => {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  };

  constructor(address: string, settings: ConnectionSettings) {
    this.address = address;
    this.origin = `http://${address}`;
    this.#settings = settings;
  }

  /** @param repeatable true where the request may be sent again if its connection breaks */
  acquire(repeatable: boolean, nowMs: number): Connection {
    const last = this.#idle.at(-1);
    if (last !== undefined && (repeatable || nowMs - (last.idleSinceMs ?? 0) <= FRESH_ENOUGH_MS)) {
      this.#idle.pop();
      return last;
    }
    return new Connection(this.origin, this.#settings, this.#onClosed);
  }

  /** Gives back a connection whose exchange ended whole. A broken one is just let go. */
  release(connection: Connection, nowMs: number): void {
    connection.idleSinceMs = nowMs;
    if (this.retired || this.#idle.length >= MAX_IDLE_CONNECTIONS) connection.close();
    else this.#idle.push(connection);
  }

  retire(): void {
    this.retired = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
