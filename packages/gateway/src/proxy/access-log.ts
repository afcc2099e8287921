import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

export interface AccessLogEntry {
  readonly listen: string;
  readonly method: string;
  readonly host: string | undefined;
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
  readonly heldMs: number;
  readonly pool: string | undefined;
  readonly member: string | undefined;
}

const FLUSH_MS = 200;
const FLUSH_BYTES = 64 * 1024;

/**
 * JSON lines, appended without fsync. One older file is kept, so it takes at most twice `maxBytes`. A disk that
 * is full costs lines, never a request.
 */
export class AccessLog {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #timer: NodeJS.Timeout;
  #descriptor: number;
  #bytes: number;
  #pending = '';
  dropped = 0;

  constructor(file: string, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
    this.#timer = setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  write(entry: AccessLogEntry): void {
    this.#pending += `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`;
    if (this.#pending.length >= FLUSH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#pending === '') return;
    const lines = this.#pending;
    this.#pending = '';
    try {
      if (this.#bytes + lines.length > this.#maxBytes) this.#rotate();
      this.#bytes += writeSync(this.#descriptor, lines);
    } catch {
      this.dropped += lines.split('\n').length - 1;
    }
  }

  #rotate(): void {
    renameSync(this.#file, `${this.#file}.1`);
    const next = openSync(this.#file, 'a', 0o600);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#bytes = 0;
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
    closeSync(this.#descriptor);
  }
}
