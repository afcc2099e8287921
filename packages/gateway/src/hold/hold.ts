import type { HoldBounds } from '@baton/core';

/** A request that waits. Exactly one of the two is called, unless it left by itself. */
export interface Waiting {
  /** Bytes that the gateway may have buffered for it. */
  readonly heldBytes: number;
  proceed(): void;
}

/**
 * Requests of one service that wait for a release. Bounded in time, number and bytes; it ends by itself at
 * its bound, so that nothing is held for ever when whoever asked for it has died.
 */
export class Hold {
  readonly bounds: HoldBounds;
  readonly epoch: number;
  /** Wall time at which it ends by itself, to be restored after a restart. */
  readonly endsAtWallMs: number;
  readonly #waiting = new Map<Waiting, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #onWaited: (ms: number) => void;
  #bytes = 0;

  constructor(
    bounds: HoldBounds,
    epoch: number,
    endsAtWallMs: number,
    nowWallMs: number,
    onExpired: () => void,
    onWaited: (ms: number) => void,
  ) {
    this.bounds = bounds;
    this.epoch = epoch;
    // A clock that was set back must not make it longer than its bound.
    const remainingMs = Math.max(0, Math.min(bounds.maxMs, endsAtWallMs - nowWallMs));
    this.endsAtWallMs = nowWallMs + remainingMs;
    this.#timer = setTimeout(onExpired, remainingMs);
    this.#onWaited = onWaited;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** False where a bound is reached: the request is to be refused. */
  enter(request: Waiting): boolean {
    if (this.#waiting.size >= this.bounds.maxRequests) return false;
    if (this.#bytes + request.heldBytes > this.bounds.maxBytes) return false;
    this.#bytes += request.heldBytes;
    this.#waiting.set(request, performance.now());
    return true;
  }

  /** The client went away. */
  leave(request: Waiting): void {
    if (this.#waiting.delete(request)) this.#bytes -= request.heldBytes;
  }

  /** Lets all go on, in the order of their arrival. */
  end(): { readonly released: number; readonly maxHeldMs: number } {
    clearTimeout(this.#timer);
    const now = performance.now();
    let maxHeldMs = 0;
    const all = [...this.#waiting];
    this.#waiting.clear();
    this.#bytes = 0;
    for (const [request, since] of all) {
      const heldMs = now - since;
      this.#onWaited(heldMs);
      if (heldMs > maxHeldMs) maxHeldMs = heldMs;
      request.proceed();
    }
    return { released: all.length, maxHeldMs };
  }
}
