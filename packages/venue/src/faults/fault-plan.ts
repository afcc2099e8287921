import type { Random } from '../exchange/index.ts';
import type { FaultKind, FaultSpec, InjectedFault } from './fault.ts';

/** Bound on faults that wait to fire at one time. */
const MAX_FAULTS = 1000;

/** Whom a fault could strike. */
export interface Occasion {
  readonly account?: string;
  readonly symbol?: string;
}

/** The faults that are set, and which of them strikes next. Deterministic for one seed and order of requests. */
export class FaultPlan {
  readonly #random: Random;
  readonly #faults = new Map<number, FaultSpec & { fired: number }>();
  #next = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** False where too many are set already. */
  set(spec: FaultSpec): InjectedFault | false {
    if (this.#faults.size >= MAX_FAULTS) return false;
    const id = this.#next;
    this.#next += 1;
    const fault = { ...spec, fired: 0 };
    this.#faults.set(id, fault);
    return { id, ...fault };
  }

  list(): InjectedFault[] {
    return [...this.#faults].map(([id, fault]) => ({ id, ...fault }));
  }

  /** Takes every fault away, or one. @returns how many there were. */
  clear(id?: number): number {
    if (id !== undefined) return this.#faults.delete(id) ? 1 : 0;
    const count = this.#faults.size;
    this.#faults.clear();
    return count;
  }

  /** The fault of this kind that strikes now, counted as fired; undefined for none. */
  strike(kind: FaultKind, occasion: Occasion): FaultSpec | undefined {
    if (this.#faults.size === 0) return undefined;
    for (const fault of this.#faults.values()) {
      if (!applies(fault, kind, occasion)) continue;
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue;
      fault.fired += 1;
      return fault;
    }
    return undefined;
  }

  /** Whether a fault of this kind could strike, without striking. */
  pending(kind: FaultKind, occasion: Occasion): boolean {
    for (const fault of this.#faults.values()) if (applies(fault, kind, occasion)) return true;
    return false;
  }
}

function applies(fault: FaultSpec & { fired: number }, kind: FaultKind, occasion: Occasion): boolean {
  if (fault.kind !== kind) return false;
  if (fault.count !== undefined && fault.fired >= fault.count) return false;
  if (fault.account !== undefined && fault.account !== occasion.account) return false;
  return fault.symbol === undefined || occasion.symbol === undefined || fault.symbol === occasion.symbol;
}
