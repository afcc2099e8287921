export * from './memory-state.ts';
export * from './memory-store.ts';
export * from './store-faults.ts';
