import type { StreamLine } from '@baton/api';

/** How many lines a slow reader may lag behind before it is let go; it can ask again from the journal. */
const MAX_LAG = 5_000;

/** Those who watch an environment live. A reader that falls behind never slows the driver. */
export class Followers {
  readonly #queues = new Set<StreamLine[]>();
  readonly #wakers = new Map<StreamLine[], () => void>();

  publish(line: StreamLine): void {
    for (const queue of this.#queues) {
      if (queue.length >= MAX_LAG) this.#queues.delete(queue);
      else queue.push(line);
      this.#wakers.get(queue)?.();
    }
  }

  /**
   * Lines from this moment on. The queue exists before the first await, so nothing is missed in between; it goes
   * when the signal aborts or the reader returns, whether or not a line was ever asked for.
   */
  follow(signal: AbortSignal): AsyncIterableIterator<StreamLine> {
    const queue: StreamLine[] = [];
    this.#queues.add(queue);
    const leave = (): void => {
      this.#queues.delete(queue);
      this.#wakers.get(queue)?.();
      this.#wakers.delete(queue);
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    const end = (): IteratorResult<StreamLine> => {
      signal.removeEventListener('abort', leave);
      leave();
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        for (;;) {
          if (signal.aborted) return end();
          const next = queue.shift();
          if (next !== undefined) return { done: false, value: next };
          if (!this.#queues.has(queue)) return end();
          await new Promise<void>((resolve) => this.#wakers.set(queue, resolve));
        }
      },
      return: async () => end(),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** How many follow at this moment. */
  get size(): number {
    return this.#queues.size;
  }
}
