import type { HoldBounds } from '@baton/core';
import { Histogram } from '../metrics/histogram.ts';
import { Hold } from './hold.ts';

export type FailureFault = 'gateway' | 'application' | 'client';

/** What passes through the gateway for one service of one scope, whichever pool serves it. */
export class ServiceTraffic {
  readonly scope: string;
  readonly name: string;
  hold: Hold | undefined;
  /** Requests that a member is answering; streams are not among them. */
  inFlight = 0;
  /** By class of status: [1] is 1xx. */
  readonly responses: number[] = [0, 0, 0, 0, 0, 0];
  readonly failures: Record<FailureFault, number> = { gateway: 0, application: 0, client: 0 };
  readonly cuts: Record<string, number> = {};
  streams = 0;
  streamsTotal = 0;
  heldTotal = 0;
  readonly heldSeconds = new Histogram([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]);
  readonly #idleWatchers = new Set<() => void>();

  constructor(scope: string, name: string) {
    this.scope = scope;
    this.name = name;
  }

  /** Idempotent: a hold already there is kept, unless a newer driver asks, whose bounds then count. */
  beginHold(bounds: HoldBounds, epoch: number, endsAtWallMs: number, nowWallMs: number): void {
    const before = this.hold;
    if (before !== undefined && before.epoch >= epoch) return;
    const next = new Hold(
      bounds,
      epoch,
      endsAtWallMs,
      nowWallMs,
      () => {
        if (this.hold === next) this.endHold();
      },
      (ms) => {
        this.heldTotal++;
        this.heldSeconds.observe(ms / 1_000);
      },
    );
    this.hold = next;
    // Those who waited under the older hold enter the new one, as they would if they came now.
    before?.end();
  }

  endHold(): { readonly released: number; readonly maxHeldMs: number } {
    const hold = this.hold;
    this.hold = undefined;
    return hold?.end() ?? { released: 0, maxHeldMs: 0 };
  }

  requestEnded(): void {
    this.inFlight--;
    if (this.inFlight === 0 && this.#idleWatchers.size > 0) for (const watcher of this.#idleWatchers) watcher();
  }

  /** Resolves when no request is in flight, or after `waitMs`. */
  async idle(waitMs: number): Promise<void> {
    if (this.inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    this.#idleWatchers.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#idleWatchers.delete(resolve);
    }
  }
}
