import type { Clock } from '@baton/core';
import type { SimProcess } from '../sim-process.ts';
import type { SimWorld } from '../world/world.ts';

/** The host's clocks: wall time that jumps and drifts, monotonic time that does neither. */
export const simClock = (world: SimWorld, process: SimProcess): Clock => ({
  wallMs: () => world.wallMs(),
  monotonicMs: () => world.nowMs - world.bootedAtMs,
  bootId: () => process.boot,
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    if (ms <= 0 || !Number.isFinite(ms)) {
      if (ms <= 0 && !world.spins()) return;
      ms = 3_600_000;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = world.scheduler.at(ms, `${process.name} wakes`, () =>
        process.deliver(() => {
          signal?.removeEventListener('abort', abort);
          resolve();
        }),
      );
      const abort = (): void => {
        timer.cancelled = true;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  },
});
