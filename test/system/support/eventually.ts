import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;

/**
 * Looks until `look` returns something, and returns that. The bound is for a fault, not for a slow machine.
 * @throws Error after `boundMs`, with what was awaited and the last error of a look
 */
export const eventually = async <T>(
  awaited: string,
  look: () => Promise<T | undefined> | T | undefined,
  boundMs = 15_000,
): Promise<T> => {
  const untilMs = performance.now() + boundMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > untilMs) throw new Error(`not within ${boundMs} ms: ${awaited}`, { cause: last });
    await sleep(LOOK_MS);
  }
};

/** Fails where `promise` does not settle within the bound. */
export const within = async <T>(what: string, boundMs: number, promise: Promise<T>): Promise<T> => {
  const abort = new AbortController();
  const late = sleep(boundMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`not within ${boundMs} ms: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => undefined);
  }
};
