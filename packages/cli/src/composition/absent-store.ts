import type { Store } from '@baton/core';

/** Stands where the store cannot be opened: every call rejects with why. For what must work without it. */
export const absentStore = (cause: unknown): Store => {
  const absent = async (): Promise<never> => {
    throw cause;
  };
  return {
    get: absent,
    list: absent,
    transact: absent,
    readJournal: absent,
    streams: absent,
    verifyJournal: absent,
    acquireLock: absent,
    renewLock: absent,
    releaseLock: absent,
    stealLock: absent,
    close: async () => undefined,
  };
};
