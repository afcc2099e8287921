import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Something learned; `id` rises by one with each. */
export interface Memory {
  readonly id: number;
  readonly content: Readonly<Record<string, unknown>>;
}

const mostInMemory = 1_000;
const mostWaiting = 1_000;

/** More writers wait for the disk than the bound allows. */
export class MemoryFull extends Error {
  override readonly name = 'MemoryFull';
}

/**
 * An append-only file of JSON lines. A memory is answered for only after fsync; writers that come meanwhile share
 * the next one. A last line that was torn by a crash was never answered for, and is cut off.
 */
export class MemoryLog {
  readonly #file: FileHandle;
  readonly #newest: Memory[];
  #nextId: number;
  #size: number;
  #waiting: { readonly line: string; readonly memory: Memory; readonly done: PromiseWithResolvers<Memory> }[] = [];
  #writing = false;

  private constructor(file: FileHandle, memories: readonly Memory[], size: number) {
    this.#file = file;
    this.#newest = memories.slice(-mostInMemory);
    this.#nextId = (memories.at(-1)?.id ?? 0) + 1;
    this.#size = size;
  }

  static async open(directory: string): Promise<MemoryLog> {
    await mkdir(directory, { recursive: true });
    const file = await open(join(directory, 'memories.jsonl'), 'a+');
    const { memories, wholeBytes } = readWhole(await file.readFile());
    await file.truncate(wholeBytes);
    await file.sync();
    return new MemoryLog(file, memories, wholeBytes);
  }

  get count(): number {
    return this.#nextId - 1;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** The newest memories, oldest first. */
  newest(limit: number): readonly Memory[] {
    return limit <= 0 ? [] : this.#newest.slice(-limit);
  }

  /**
   * Resolves once the memory is on disk.
   * @throws MemoryFull where too many writers wait already.
   */
  append(content: Memory['content']): Promise<Memory> {
    if (this.#waiting.length >= mostWaiting) throw new MemoryFull('too many memories wait for the disk');
    const memory: Memory = { id: this.#nextId, content };
    this.#nextId += 1;
    const done = Promise.withResolvers<Memory>();
    this.#waiting.push({ line: `${JSON.stringify(memory)}\n`, memory, done });
    if (!this.#writing) void this.#write();
    return done.promise;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
        await this.#file.appendFile(bytes);
        await this.#file.datasync();
        this.#size += bytes.length;
        for (const { memory, done } of batch) {
          this.#newest.push(memory);
          done.resolve(memory);
        }
        this.#newest.splice(0, this.#newest.length - mostInMemory);
      } catch (error) {
        // Half a line must not stand before the next one.
        await this.#file.truncate(this.#size).catch(() => undefined);
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#writing = false;
  }
}

/**
 * The whole lines of the file, and how many bytes they are.
 * @throws Error at a whole line that is broken: cutting there would forget everything after it.
 */
function readWhole(bytes: Buffer): { memories: Memory[]; wholeBytes: number } {
  const memories: Memory[] = [];
  let wholeBytes = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, wholeBytes)) {
    try {
      memories.push(JSON.parse(bytes.toString('utf8', wholeBytes, end)) as Memory);
    } catch (cause) {
      throw new Error(`memories.jsonl, line ${memories.length + 1} is broken; mend or remove that line`, { cause });
    }
    wholeBytes = end + 1;
  }
  return { memories, wholeBytes };
}
