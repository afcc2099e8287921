import { type Known, known, unknown } from './known.ts';

/**
 * Counts requests to the broker whose answer has not come, and remembers the ones whose fate is unknown.
 * A request that timed out may still land: it is not over because we stopped waiting for it.
 */
export class InFlight {
  #count = 0;
  readonly #doubts = new Map<symbol, string>();
  readonly #waiters = new Set<() => void>();

  /** Counts `promise` until it settles; hands back the same promise. */
  track<T>(promise: Promise<T>): Promise<T> {
    this.#count += 1;
    const ended = (): void => {
      this.#count -= 1;
      this.#wake();
    };
    promise.then(ended, ended);
    return promise;
  }

  /**
   * Says that the fate of a request is unknown. While a doubt stands, the number in flight is unknown.
   * @returns takes the doubt away, once the broker has said what became of the request.
   */
  doubt(reason: string): () => void {
    const key = Symbol(reason);
    this.#doubts.set(key, reason);
    return () => {
      if (this.#doubts.delete(key)) this.#wake();
    };
  }

  get count(): number {
    return this.#count;
  }

  read(): Known<number> {
    if (this.#doubts.size === 0) return known(this.#count);
    const [first] = this.#doubts.values();
    return unknown(this.#doubts.size === 1 ? `${first}` : `${first} (and ${this.#doubts.size - 1} more)`);
  }

  /** Resolves once nothing is in flight and nothing is in doubt, or when `signal` aborts. */
  async idle(signal: AbortSignal): Promise<void> {
    while ((this.#count > 0 || this.#doubts.size > 0) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiters.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiters.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }
}
