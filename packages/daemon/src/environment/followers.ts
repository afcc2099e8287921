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

  /** Lines from this moment on. The queue exists before the first await, so nothing is missed in between. */
  follow(signal: AbortSignal): AsyncIterable<StreamLine> {
    const queue: StreamLine[] = [];
    this.#queues.add(queue);
    const wait = async (): Promise<void> =>
      await new Promise<void>((resolve) => {
        this.#wakers.set(queue, resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    const leave = (): void => {
      this.#queues.delete(queue);
      this.#wakers.delete(queue);
    };
    const isFollowed = (): boolean => this.#queues.has(queue);
    return {
      async *[Symbol.asyncIterator]() {
        try {
          while (!signal.aborted) {
            const next = queue.shift();
            if (next !== undefined) yield next;
            else if (!isFollowed()) return;
            else await wait();
          }
        } finally {
          leave();
        }
      },
    };
  }
}
