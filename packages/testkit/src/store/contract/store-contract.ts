import type { Store } from '@baton/core';
import { afterEach, beforeEach, describe } from 'vitest';
import { journalContract } from './journal-contract.ts';
import { lockContract } from './lock-contract.ts';
import { modelContract } from './model-contract.ts';
import { recordContract } from './record-contract.ts';
import type { MakeStoreFixture, StoreFixture } from './store-fixture.ts';
import { tamperContract } from './tamper-contract.ts';
import { transactionContract } from './transaction-contract.ts';

/**
 * The tests that every {@link Store} passes. To be called at the top of a test file.
 * @example
 * storeContract('sqlite', async () => sqliteFixture());
 */
export const storeContract = (name: string, makeFixture: MakeStoreFixture): void => {
  describe(`the store contract on ${name}`, () => {
    let fixture: StoreFixture | undefined;
    let opened: Store[] = [];

    const another = async (): Promise<Store> => {
      if (fixture === undefined) throw new Error('a store was asked for outside a test');
      const store = await fixture.open();
      opened.push(store);
      return store;
    };
    const context = {
      another,
      store: () => {
        const [first] = opened;
        if (first === undefined) throw new Error('a store was asked for outside a test');
        return first;
      },
      tamper: async (...args: Parameters<StoreFixture['tamper']>) => fixture?.tamper(...args),
    };

    beforeEach(async () => {
      fixture = await makeFixture();
      await another();
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      opened = [];
      await fixture?.dispose();
      fixture = undefined;
    });

    recordContract(context);
    transactionContract(context);
    journalContract(context);
    tamperContract(context);
    lockContract(context);
    modelContract(context);
  });
};
