import { setTimeout as sleep } from 'node:timers/promises';
import type { Settlement } from '@baton/sdk';
import type { OrderDesk } from './order-desk.ts';

const firstPauseMs = 10;
const longestPauseMs = 250;

/**
 * Leaves at the venue what the policy says. `transfer` and `keep` leave everything as it is: the next holder, or
 * a person, takes it. `flatten` cancels and closes until the venue has shown twice in a row that nothing is open.
 * @throws Error at the deadline, with what is still open or unknown.
 */
export async function settle(desk: OrderDesk, { policy, token, signal }: Settlement): Promise<void> {
  if (policy !== 'flatten') return;
  let flatReadings = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const left = await flattenOnce(desk, token);
    flatReadings = left === undefined ? flatReadings + 1 : 0;
    if (flatReadings === 2) return;
    if (signal.aborted) throw new Error(left ?? 'flat was read only once');
    if (flatReadings === 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One round: cancel, close, look. Undefined is flat, else what is left. */
async function flattenOnce(desk: OrderDesk, token: number): Promise<string | undefined> {
  const orders = await desk.orders();
  if (!orders.known || orders.value.length > 0) {
    try {
      await desk.cancelAll(token);
    } catch (error) {
      return `cancelling: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  const positions = await desk.positions();
  if (positions.known && !desk.inDoubt) {
    await Promise.all(positions.value.map((position) => desk.reduce(position, token)));
  }
  const { openOrders, positions: open } = await desk.exposure();
  if (!openOrders.known) return `open orders unknown: ${openOrders.reason}`;
  if (!open.known) return `positions unknown: ${open.reason}`;
  if (desk.inDoubt) return 'an order was not answered';
  return openOrders.value + open.value === 0 ? undefined : `${openOrders.value} orders and ${open.value} positions`;
}
