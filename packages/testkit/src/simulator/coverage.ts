import type { FaultKind } from './faults.ts';
import type { Phase } from './phases.ts';

/** How often each fault struck in each phase. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(fault: FaultKind, phase: Phase): void {
    const key = `${fault}@${phase}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(fault: FaultKind, phase: Phase): number {
    return this.#counts.get(`${fault}@${phase}`) ?? 0;
  }

  /** Strikes of all kinds and phases. */
  get total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }
}
