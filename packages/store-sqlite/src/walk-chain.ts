import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ChainHead, GENESIS_HEAD } from '@baton/core';
import type { ChainCheck } from './journal.ts';

/** Goes along a chain to its end or its first fault; between two steps the event loop runs. */
export const walkChain = async (
  step: (reached: ChainHead) => ChainCheck | Promise<ChainCheck>,
): Promise<ChainCheck> => {
  let check = await step(GENESIS_HEAD);
  while (check.state === 'more') {
    await nextTurn();
    check = await step(check.reached);
  }
  return check;
};
