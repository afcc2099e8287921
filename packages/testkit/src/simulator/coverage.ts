import type { FaultKind } from './faults.ts';

/** How often each fault struck in each phase. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(fault: FaultKind, phase: string): void {
    const key = `${fault}@${phase}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(fault: FaultKind, phase: string): number {
    return this.#counts.get(`${fault}@${phase}`) ?? 0;
  }

  /** Strikes of all kinds and phases. */
  get total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }
}
