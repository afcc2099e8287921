const FIRST_MS = 500;
const LONGEST_MS = 60_000;
/** Up for this long, and the next fall is a first one again. */
const FORGIVEN_MS = 60_000;

/** Spaces out the restarts of each service: at once the first time, then ever longer. */
export class Backoff {
  readonly #now: () => number;
  readonly #fallen = new Map<string, { count: number; lastMs: number }>();

  constructor(monotonicMs: () => number) {
    this.#now = monotonicMs;
  }

  mayStart(service: string): boolean {
    const fallen = this.#fallen.get(service);
    if (fallen === undefined) return true;
    const since = this.#now() - fallen.lastMs;
    if (since > FORGIVEN_MS + this.#delay(fallen.count)) {
      this.#fallen.delete(service);
      return true;
    }
    return since >= this.#delay(fallen.count);
  }

  started(service: string): void {
    const count = (this.#fallen.get(service)?.count ?? 0) + 1;
    this.#fallen.set(service, { count, lastMs: this.#now() });
  }

  #delay(count: number): number {
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1));
  }
}
