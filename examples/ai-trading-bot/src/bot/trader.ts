import type { Json } from '@baton/sdk';
import type { OrderDesk } from './order-desk.ts';
import { decideOrders, type Intent, type Learned, learn, type Market, nothingLearned } from './strategy.ts';

export interface TraderParts {
  readonly desk: OrderDesk;
  readonly symbol: string;
  /** Where quotes come from: bluefin-service. */
  readonly marketUrl: string;
  readonly tickMs: number;
  /** Decides and sends nothing. */
  readonly dryRun: boolean;
  readonly mayAct: () => boolean;
  readonly onTrade: (intent: Intent) => void;
  readonly log: (line: string) => void;
}

/** So many failed ticks in a row, and the bot calls itself unhealthy. */
const failuresToUnhealthy = 3;
const marketTimeoutMs = 1_000;

/** Asks the market, learns, decides and trades, tick by tick, for as long as an activation lasts. */
export class Trader {
  readonly #parts: TraderParts;
  #learned: Learned = nothingLearned;
  #failures = 0;
  #trouble = '';

  constructor(parts: TraderParts) {
    this.#parts = parts;
  }

  get learned(): Learned {
    return this.#learned;
  }

  /** Why the last tick failed; empty where it did not. */
  get trouble(): string {
    return this.#failures === 0 ? '' : this.#trouble;
  }

  /** True, or why this bot should not be trusted with trading. */
  get health(): true | string {
    if (this.#failures < failuresToUnhealthy) return true;
    return `${this.#failures} ticks in a row failed: ${this.#trouble}`;
  }

  /** Learned state as it is handed on. */
  save(): Json {
    const { fast, slow, ticks, trades } = this.#learned;
    return { fast: fast ?? null, slow: slow ?? null, ticks, trades };
  }

  /** Learned state of any earlier release; what is missing starts anew. */
  restore(state: Json): void {
    const fields = (typeof state === 'object' && state !== null ? state : {}) as Partial<
      Record<keyof Learned, unknown>
    >;
    const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
    this.#learned = {
      fast: number(fields.fast),
      slow: number(fields.slow),
      ticks: number(fields.ticks) ?? 0,
      trades: number(fields.trades) ?? 0,
    };
  }

  /** Ticks until the activation ends. A tick that fails is logged and counted, and the next one is tried. */
  async run(signal: AbortSignal): Promise<void> {
    this.#failures = 0;
    while (!signal.aborted) {
      try {
        await this.#tick();
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#failures += 1;
        this.#trouble = error instanceof Error ? error.message : String(error);
        this.#parts.log(`ERROR tick failed: ${this.#trouble}`);
      }
      await pause(this.#parts.tickMs, signal);
    }
  }

  async #tick(): Promise<void> {
    const { desk, symbol, mayAct, dryRun, log, onTrade } = this.#parts;
    const market = await this.#market();
    this.#learned = learn(this.#learned, market);
    if (desk.inDoubt) return;
    for (const intent of decideOrders(
      this.#learned,
      market,
      desk.ledger.position(symbol),
      desk.ledger.working.length,
    )) {
      if (!mayAct()) return;
      if (dryRun) log(`dry run: would ${intent.side} ${intent.quantity} (${intent.reason})`);
      else if (await desk.trade(intent)) {
        this.#learned = { ...this.#learned, trades: this.#learned.trades + 1 };
        onTrade(intent);
      }
    }
  }

  async #market(): Promise<Market> {
    const { marketUrl, symbol } = this.#parts;
    const answer = await fetch(`${marketUrl}/markets/${symbol}`, { signal: AbortSignal.timeout(marketTimeoutMs) });
    if (!answer.ok) throw new Error(`no market data: bluefin-service answered ${answer.status}`);
    return (await answer.json()) as Market;
  }
}

/** Ends early when `signal` aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
