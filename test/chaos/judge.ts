import type { ProofViolation } from '@baton/testkit/proof';
import type { ChaosWorld } from './world.ts';

/** Gathers what did not hold, with what had been done just before. */
export class Judge {
  readonly violations: ProofViolation[] = [];
  readonly #replay: string;
  readonly #trace: string[] = [];
  readonly #progress: ((line: string) => void) | undefined;
  #overlaps = 0;
  #staleTokens = 0;

  constructor(replay: string, progress: ((line: string) => void) | undefined) {
    this.#replay = replay;
    this.#progress = progress;
  }

  get overlaps(): number {
    return this.#overlaps;
  }

  get staleTokens(): number {
    return this.#staleTokens;
  }

  note(line: string): void {
    this.#trace.push(line);
    if (this.#trace.length > 60) this.#trace.shift();
    this.#progress?.(line);
  }

  violated(invariant: string, detail: string): void {
    this.violations.push({ invariant, detail, replay: this.#replay, trace: [...this.#trace] });
    this.#progress?.(`VIOLATED: ${invariant}: ${detail}`);
  }

  /** A wait that does not end is the violation of what was waited for. */
  async mustCome(invariant: string, wait: Promise<unknown>): Promise<boolean> {
    try {
      await wait;
      return true;
    } catch (error) {
      const { message, cause } = error as Error;
      this.violated(invariant, cause instanceof Error ? `${message}; ${cause.message}` : message);
      return false;
    }
  }

  /** What the venue saw. Counted once: the witness counts over the whole life of the world. */
  async askWitness(world: ChaosWorld): Promise<void> {
    const { overlaps, staleTokens, orphanOrders, orphanPositions } = await world.witness();
    if (overlaps > this.#overlaps) this.violated('at most one acts', `${overlaps - this.#overlaps} overlaps`);
    if (staleTokens > this.#staleTokens) {
      this.violated('no order under a stale token', `${staleTokens - this.#staleTokens} orders`);
    }
    this.#overlaps = overlaps;
    this.#staleTokens = staleTokens;
    if (orphanOrders + orphanPositions > 0) {
      this.violated('no orphan', `${orphanOrders} orders, ${orphanPositions} positions`);
    }
  }
}
