export * from './store-contract.ts';
export type * from './store-fixture.ts';
