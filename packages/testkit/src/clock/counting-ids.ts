import type { Ids } from '@baton/core';

/** Ids in order, 1 then 2 then 3, each as 32 hex digits, so that a test can tell which came first. */
export const countingIds = (first = 1): Ids => {
  let count = first - 1;
  return {
    next() {
      count += 1;
      return count.toString(16).padStart(32, '0');
    },
  };
};
