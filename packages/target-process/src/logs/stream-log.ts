import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';

/** Up to `offset` the file had been written at `at`. */
interface Mark {
  readonly offset: number;
  readonly at: number;
}

export interface TimedLine {
  readonly at: number;
  readonly text: string;
}

/** Marks are made no closer than this, which bounds both their number and what a line's time may be off by. */
const MARK_EVERY_MS = 250;
const MAX_MARKS = 20_000;
const MAX_READ_BYTES = 4 * 1024 * 1024;
const MAX_LINE_CHARS = 16 * 1024;
/** How far back the beginning of a line is looked for. */
const LINE_START_BYTES = 64 * 1024;
const NEWLINE = 10;
/** A rotation this old was left by a process that died. */
const ABANDONED_MS = 60_000;

/**
 * One stream of one instance: a file that the program itself appends to, so that it outlives the
 * daemon, and beside it an index of when the file had grown to which size.
 *
 * Lines carry no time of their own. A line's time is that of the last write seen when the line was
 * first seen (the file's own modification time), so it is late by no more than the time between two
 * looks; what was written while nobody looked gets the time of the last write among it. The index is
 * kept on disk: after a restart old errors stay old.
 */
export class StreamLog {
  readonly #path: string;
  #marks: Mark[] | undefined;
  #rotating = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Notes how far the file has grown; returns its size. With `force` also shortly after the last time. */
  look(force: boolean): number {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined) return 0;
    this.#marks ??= readMarks(`${this.#path}.times`);
    const last = this.#marks.at(-1);
    if (last !== undefined && stat.size < last.offset) {
      // Shortened by another process; its index was put aside with the old part.
      this.#marks = readMarks(`${this.#path}.times`).filter((mark) => mark.offset <= stat.size);
    } else if (stat.size > (last?.offset ?? 0)) {
      const at = Math.floor(stat.mtimeMs);
      if (force || last === undefined || at - last.at >= MARK_EVERY_MS) this.#mark({ offset: stat.size, at });
    }
    return stat.size;
  }

  /** Whole lines since then, oldest first, the newest `limit` of them; `parts` older files are read too. */
  read(sinceMs: number, limit: number, parts: number, withUnfinished: boolean): readonly TimedLine[] {
    this.look(true);
    let lines = readPart(this.#path, this.#marks ?? [], sinceMs, withUnfinished);
    for (let part = 1; part < parts && lines.length < limit; part += 1) {
      const older = readPart(`${this.#path}.${part}`, readMarks(`${this.#path}.times.${part}`), sinceMs, true);
      lines = [...older, ...lines];
    }
    return lines.slice(-limit);
  }

  /**
   * Puts the file aside as part 1 and lets the program go on at its beginning. The program holds the
   * file open, so it is copied and then shortened. The copy ends, and is followed by the cut, in one
   * go without a pause: a line written in exactly those microseconds is lost. A crash between copy
   * and cut repeats lines and loses none.
   */
  async rotate(parts: number): Promise<void> {
    const guard = `${this.#path}.rotating`;
    if (this.#rotating || !takeGuard(guard)) return;
    this.#rotating = true;
    try {
      const fresh = `${this.#path}.next`;
      await copyFile(this.#path, fresh);
      for (let part = parts - 1; part > 1; part -= 1) this.#shift(part - 1, part);
      cutAfterCopying(this.#path, fresh);
      renameSync(fresh, `${this.#path}.1`);
      renameIfThere(`${this.#path}.times`, `${this.#path}.times.1`);
      this.#marks = [];
    } finally {
      this.#rotating = false;
      rmSync(guard, { force: true });
    }
  }

  #shift(from: number, to: number): void {
    renameIfThere(`${this.#path}.${from}`, `${this.#path}.${to}`);
    renameIfThere(`${this.#path}.times.${from}`, `${this.#path}.times.${to}`);
  }

  #mark(mark: Mark): void {
    const marks = this.#marks ?? [];
    marks.push(mark);
    this.#marks = marks;
    if (marks.length <= MAX_MARKS) {
      appendFileSync(`${this.#path}.times`, `${mark.offset} ${mark.at}\n`, { mode: 0o600 });
      return;
    }
    // Every other mark goes: old lines are dated more roughly, the newest ones as before.
    this.#marks = marks.filter((_, index) => index % 2 === 0 || index > MAX_MARKS / 2);
    writeFileSync(`${this.#path}.times`, this.#marks.map(({ offset, at }) => `${offset} ${at}\n`).join(''));
  }
}

const renameIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
};

const takeGuard = (guard: string): boolean => {
  try {
    writeFileSync(guard, '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    const stat = statSync(guard, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_MS) rmSync(guard, { force: true });
    return false;
  }
};

const cutAfterCopying = (path: string, copy: string): void => {
  const source = openSync(path, 'r+');
  const target = openSync(copy, 'a', 0o600);
  try {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    for (let at = fstatSync(target).size; ; ) {
      const bytes = readSync(source, chunk, 0, chunk.length, at);
      if (bytes === 0) break;
      writeSync(target, chunk, 0, bytes);
      at += bytes;
    }
    ftruncateSync(source, 0);
  } finally {
    closeSync(source);
    closeSync(target);
  }
};

const readMarks = (path: string): Mark[] => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const marks: Mark[] = [];
  for (const line of text.split('\n')) {
    const [offset, at] = line.split(' ').map(Number);
    if (offset === undefined || at === undefined || !(offset > (marks.at(-1)?.offset ?? 0)) || !Number.isFinite(at))
      continue;
    marks.push({ offset, at });
  }
  return marks;
};

const readRange = (
  path: string,
  from: number,
): { readonly data: Buffer; readonly start: number; readonly at: number } => {
  const descriptor = openSync(path, 'r');
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    const start = Math.max(from, size - MAX_READ_BYTES);
    const data = Buffer.allocUnsafe(Math.max(0, size - start));
    const bytes = readSync(descriptor, data, 0, data.length, start);
    return { data: data.subarray(0, bytes), start, at: Math.floor(mtimeMs) };
  } finally {
    closeSync(descriptor);
  }
};

const readPart = (path: string, marks: readonly Mark[], sinceMs: number, withUnfinished: boolean): TimedLine[] => {
  const first = marks.findIndex((mark) => mark.at >= sinceMs);
  const from = first <= 0 ? 0 : (marks[first - 1]?.offset ?? 0);
  const old = first < 0 && marks.length > 0 ? (marks.at(-1)?.offset ?? 0) : from;
  let range: ReturnType<typeof readRange>;
  try {
    // From a little before: a line that ended since then may have begun earlier.
    range = readRange(path, Math.max(0, old - LINE_START_BYTES));
  } catch {
    return [];
  }
  const { data, start } = range;
  const lines: TimedLine[] = [];
  let next = 0;
  const settled = Math.max(0, old - start);
  let begin = settled === 0 ? 0 : data.lastIndexOf(NEWLINE, settled - 1) + 1;
  while (begin < data.length) {
    const newline = data.indexOf(NEWLINE, begin);
    if (newline < 0 && !withUnfinished) break;
    const end = newline < 0 ? data.length : newline;
    while (next < marks.length && (marks[next]?.offset ?? 0) < start + end) next += 1;
    const at = marks[next]?.at ?? range.at;
    if (at >= sinceMs) lines.push({ at, text: data.toString('utf8', begin, end).slice(0, MAX_LINE_CHARS) });
    begin = end + 1;
  }
  return lines;
};
