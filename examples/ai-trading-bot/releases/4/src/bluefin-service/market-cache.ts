import { setTimeout as sleep } from 'node:timers/promises';

export interface Quote {
  readonly symbol: string;
  /** Ticks. */
  readonly bid: number;
  readonly ask: number;
  /** Monotonic time of the reading, milliseconds. */
  readonly readAt: number;
}

export interface MarketCacheParts {
  readonly venueUrl: string;
  readonly pollMs: number;
  /** A quote older than this is not given out: trading on an old price is worse than not trading. */
  readonly maxAgeMs: number;
  readonly now: () => number;
}

/** A slower venue is given up on sooner, so that one lost reading is not several. */
const timeoutMs = 500;

/** The newest quotes of the venue, polled, so that many readers cost the venue one request. */
export class MarketCache {
  readonly #parts: MarketCacheParts;
  readonly #quotes = new Map<string, Quote>();
  #trouble = 'nothing was read yet';

  constructor(parts: MarketCacheParts) {
    this.#parts = parts;
  }

  /** The quote, or why there is none. */
  quote(symbol: string): Quote | string {
    const quote = this.#quotes.get(symbol);
    if (quote === undefined) return this.#trouble === '' ? `no market "${symbol}"` : this.#trouble;
    const ageMs = this.#parts.now() - quote.readAt;
    return ageMs <= this.#parts.maxAgeMs ? quote : `the last quote is ${Math.round(ageMs)} ms old: ${this.#trouble}`;
  }

  get symbols(): readonly string[] {
    return [...this.#quotes.keys()];
  }

  /** Why the last reading failed; empty where it did not. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Polls until `signal` aborts. A reading that fails leaves the quotes to grow old. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read();
        this.#trouble = '';
      } catch (error) {
        this.#trouble = `the venue cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      }
      await sleep(this.#parts.pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    const answer = await fetch(`${this.#parts.venueUrl}/v1/markets`, { signal: AbortSignal.timeout(timeoutMs) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const body: unknown = await answer.json();
    const markets: unknown = Array.isArray(body) ? body : (body as { markets?: unknown } | null)?.markets;
    if (!Array.isArray(markets)) throw new Error('it answered no list of markets');
    const readAt = this.#parts.now();
    for (const market of markets as readonly Readonly<Record<string, unknown>>[]) {
      const { symbol, bid, ask } = market;
      // A market that nobody quotes has no price: the last one grows old.
      if (typeof symbol !== 'string' || typeof bid !== 'number' || typeof ask !== 'number') continue;
      this.#quotes.set(symbol, { symbol, bid, ask, readAt });
    }
  }
}
