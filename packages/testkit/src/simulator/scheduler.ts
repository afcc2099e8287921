import { invariant } from '@baton/core';
import { type SeededRandom, seededRandom } from '../clock/seeded-random.ts';

/** Taken once, before a run forbids the global timers. */
const immediate = setImmediate;

/** Lets every promise that can go on do so. Nothing in a simulation waits for anything but the scheduler. */
const settled = (): Promise<void> => new Promise((resolve) => immediate(resolve));

/** Something that will happen. What it wakes runs to its next wait before anything else does. */
export interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly seq: number;
  readonly label: string;
  readonly run: () => boolean;
  cancelled: boolean;
}

const before = (a: Happening, b: Happening): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.order !== b.order ? a.order < b.order : a.seq < b.seq;

/**
 * The one owner of time and order. Every timer, every effect and every answer of a simulated system is a
 * happening of its; which of several goes first is the seed's choice, so that a seed replays identically.
 */
export class Scheduler {
  readonly random: SeededRandom;
  /** True time since the beginning, milliseconds: no simulated clock need agree with it. */
  nowMs = 0;
  happened = 0;
  /** What was done at once within the happening of now; without a bound, somebody who never waits would never end. */
  atOnce = 0;
  readonly #heap: Happening[] = [];
  #seq = 0;
  #hash = 0x811c9dc5;
  #hash2 = 0x9dc5811c;
  /** Told of each happening, before it runs. */
  trace: ((line: string) => void) | undefined;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Of everything that has happened so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0') + (this.#hash2 >>> 0).toString(16).padStart(8, '0');
  }

  /** Folds what is worth comparing between two runs into the hash. */
  note(text: string): void {
    let [a, b] = [this.#hash, this.#hash2];
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 13);
    }
    this.#hash = a;
    this.#hash2 = b;
    this.trace?.(`${this.nowMs.toFixed(1).padStart(9)}  ${text}`);
  }

  /**
   * @param run true where it let somebody go on who waits for a promise
   */
  at(delayMs: number, label: string, run: () => boolean): Happening {
    invariant(Number.isFinite(delayMs) && delayMs >= 0, `a happening is some time ahead, not ${delayMs}`);
    this.#seq += 1;
    const happening: Happening = {
      atMs: this.nowMs + delayMs,
      order: this.random.below(1 << 20),
      seq: this.#seq,
      label,
      run,
      cancelled: false,
    };
    this.#push(happening);
    return happening;
  }

  /** The next happening, run to its end; false where nothing is left. */
  async step(): Promise<boolean> {
    const next = this.#pop();
    if (next === undefined) return false;
    this.nowMs = next.atMs;
    this.happened += 1;
    this.atOnce = 0;
    this.note(next.label);
    this.#fold(next.atMs);
    if (next.run()) await settled();
    return true;
  }

  #fold(atMs: number): void {
    this.#hash = Math.imul(this.#hash ^ ((atMs * 16) | 0), 0x01000193);
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(happening);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Happening;
      if (!before(happening, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = happening;
  }

  #pop(): Happening | undefined {
    for (;;) {
      const first = this.#take();
      if (first === undefined || !first.cancelled) return first;
    }
  }

  #take(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && before(heap[right] as Happening, heap[child] as Happening)) child = right;
      const below = heap[child] as Happening;
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}
