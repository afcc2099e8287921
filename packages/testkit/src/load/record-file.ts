import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { describeFailure } from './attribution.ts';
import type { RequestRecord } from './tally.ts';

/** Lines waiting for the disk beyond this are dropped and counted, so that the record never slows the load. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** One JSON line for each request: kind, due, sent, first byte, done (milliseconds since the start), status, release. */
export class RecordFile {
  readonly #stream: WriteStream;
  readonly #startMs: number;
  #dropped = 0;

  constructor(path: string, startMs: number) {
    this.#stream = createWriteStream(path);
    // Kept by the stream and raised by close(); unheard it would end the process in mid-load.
    this.#stream.on('error', () => undefined);
    this.#startMs = startMs;
  }

  /** Lines that did not fit. */
  get dropped(): number {
    return this.#dropped;
  }

  write(record: RequestRecord): void {
    if (this.#stream.writableLength > MAX_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    const { outcome } = record;
    const since = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.round((ms - this.#startMs) * 1_000) / 1_000;
    const line = {
      kind: record.kind,
      dueMs: since(record.dueMs),
      sentMs: since(record.sentMs),
      firstByteMs: since(record.firstByteMs),
      doneMs: since(record.doneMs),
      status: record.status,
      release: record.release,
      verdict: outcome.verdict,
      detail:
        outcome.verdict === 'failed'
          ? describeFailure(outcome.failure)
          : outcome.verdict === 'wrong'
            ? outcome.detail
            : undefined,
    };
    this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  /** @throws the file system's error, where a line could not be written */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }
}
