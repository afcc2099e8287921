import type { ProxyContext } from './context.ts';

/** How often it is looked whether somebody accepts a connection again. */
const RETRY_MS = 20;

/**
 * Lets a request that nobody accepts, and that was not sent to anybody, try again in a moment: a switch or a restart
 * may be under way.
 * @param sinceMs when it began to wait, monotonic; undefined the first time
 * @returns since when it waits now; undefined where it has waited long enough, or too many do
 */
export const waitForMember = (
  context: ProxyContext,
  sinceMs: number | undefined,
  again: () => void,
): number | undefined => {
  const { unavailableWaitMs, maxUnavailableWaiting } = context.options;
  const now = performance.now();
  const since = sinceMs ?? now;
  if (now - since >= unavailableWaitMs || context.unavailableWaiting >= maxUnavailableWaiting) return undefined;
  context.unavailableWaiting++;
  setTimeout(() => {
    context.unavailableWaiting--;
    again();
  }, RETRY_MS);
  return since;
};
