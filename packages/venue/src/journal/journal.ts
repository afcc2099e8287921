import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BatonError } from '@baton/core';
import type { JournalEntry, JournalFact } from './entry.ts';

/** Bytes that may wait for the disk before the venue stops taking orders. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** Entries of so long go to the disk in one write; a write for each would cost an order more than its matching. */
const COLLECT_MS = 5;
const READ_CHUNK_BYTES = 256 * 1024;
/** One place in the file is remembered for so many entries. */
const INDEX_EVERY = 512;

/**
 * The venue's append-only journal, one JSON object a line.
 *
 * Lines are collected for some milliseconds and written together, in order. What it claims: an entry is in the
 * kernel's hands, and so survives a `kill -9` of the venue, once {@link flush} has resolved (every read does
 * that first); it survives a power cut once {@link sync} has. Orders answered in the last milliseconds before
 * the venue is killed may be missing.
 */
export class Journal {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #places: { seq: number; offset: number }[] = [];
  #pending: string[] = [];
  #pendingBytes = 0;
  #acceptedBytes: number;
  #seq: number;
  #lastAt: number;
  /** Set by the first entry of this run. */
  #shift: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(path: string, file: FileHandle, start: { bytes: number; seq: number; at: number }) {
    this.#path = path;
    this.#file = file;
    this.#acceptedBytes = start.bytes;
    this.#seq = start.seq;
    this.#lastAt = start.at;
  }

  /**
   * Opens or creates the journal at `path`. A last line that was cut off by a crash is removed; every whole
   * entry is handed to `replay`.
   * @throws BatonError `venue-journal-unusable` where it cannot be opened or a whole line is not an entry.
   */
  static async open(path: string, replay: (entry: JournalEntry) => void): Promise<Journal> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'a');
      const places: { seq: number; offset: number }[] = [];
      let seq = 0;
      let at = 0;
      const bytes = readWholeLines(path, 0, (entry, offset) => {
        if (entry.seq !== seq + 1) throw new Error(`entry ${entry.seq} follows entry ${seq}`);
        seq = entry.seq;
        at = Math.max(at, entry.at);
        if (seq % INDEX_EVERY === 1) places.push({ seq, offset });
        replay(entry);
        return true;
      });
      truncate(path, bytes);
      const journal = new Journal(path, file, { bytes, seq, at });
      journal.#places.push(...places);
      return journal;
    } catch (cause) {
      await file?.close();
      throw new BatonError('venue-journal-unusable', `The venue's journal ${path} cannot be used: ${String(cause)}`, {
        hint: 'Give another file with --journal, or move this one away.',
        fault: 'environment',
        cause,
      });
    }
  }

  get lastSeq(): number {
    return this.#seq;
  }
  get path(): string {
    return this.#path;
  }
  /** False when the disk failed or fell too far behind: a witness that cannot write must not accept. */
  get writable(): boolean {
    return this.#failure === undefined && this.#pendingBytes < MAX_PENDING_BYTES;
  }

  /**
   * Appends in order. `at` is microseconds; the clock of another boot, which is behind the last entry, is carried
   * on from there.
   */
  append(fact: JournalFact, at: number): void {
    if (this.#failure !== undefined) return;
    this.#shift ??= Math.max(0, this.#lastAt - at);
    this.#lastAt = Math.max(this.#lastAt, at + this.#shift);
    this.#seq += 1;
    const line = `${JSON.stringify({ seq: this.#seq, at: this.#lastAt, ...fact })}\n`;
    const bytes = Buffer.byteLength(line);
    if (this.#seq % INDEX_EVERY === 1) this.#places.push({ seq: this.#seq, offset: this.#acceptedBytes });
    this.#acceptedBytes += bytes;
    this.#pendingBytes += bytes;
    this.#pending.push(line);
    if (this.#writing === undefined) this.#timer ??= setTimeout(() => this.#write(), COLLECT_MS);
  }

  /**
   * Resolves when everything appended so far has been written.
   * @throws BatonError `venue-journal-failed` when the disk refused.
   */
  async flush(): Promise<void> {
    this.#write();
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) {
      throw new BatonError('venue-journal-failed', `The venue's journal cannot be written: ${this.#failure.message}`, {
        hint: 'Free the disk and start the venue again; what was flushed before is kept.',
        cause: this.#failure,
      });
    }
  }

  /** {@link flush}, and then waits for the disk itself. */
  async sync(): Promise<number> {
    await this.flush();
    await this.#file.datasync();
    return this.#seq;
  }

  /** Entries with `seq` above `after`, at most `limit`, from the file. */
  async read(after: number, limit: number): Promise<JournalEntry[]> {
    await this.flush();
    const place = this.#places.findLast(({ seq }) => seq <= after + 1);
    const found: JournalEntry[] = [];
    readWholeLines(this.#path, place?.offset ?? 0, (entry) => {
      if (entry.seq > after && found.length < limit) found.push(entry);
      return found.length < limit;
    });
    return found;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Starts writing what was collected, unless that is under way. */
  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length > 0 && this.#failure === undefined) this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const batch = Buffer.from(this.#pending.join(''));
        this.#pending = [];
        for (let done = 0; done < batch.length; ) done += (await this.#file.write(batch, done)).bytesWritten;
        this.#pendingBytes -= batch.length;
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#writing = undefined;
    }
  }
}

/**
 * Hands each whole line from `offset` on to `each`, with the place where it begins, until that answers false.
 * @returns the offset behind the last whole line read.
 */
export function readWholeLines(
  path: string,
  offset: number,
  each: (entry: JournalEntry, offset: number) => boolean,
): number {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(READ_CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    let behind = offset;
    for (let from = offset; ; ) {
      const length = readSync(file, chunk, 0, chunk.length, from);
      if (length === 0) return behind;
      from += length;
      const text = rest.length === 0 ? chunk.subarray(0, length) : Buffer.concat([rest, chunk.subarray(0, length)]);
      let begin = 0;
      for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, begin)) {
        const entry = JSON.parse(text.toString('utf8', begin, end)) as JournalEntry;
        if (each(entry, behind) === false) return behind + end + 1 - begin;
        behind += end + 1 - begin;
        begin = end + 1;
      }
      rest = Buffer.from(text.subarray(begin));
    }
  } finally {
    closeSync(file);
  }
}

function truncate(path: string, bytes: number): void {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
