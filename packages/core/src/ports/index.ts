export * from './clock.ts';
export * from './lifecycle.ts';
export * from './prober.ts';
export * from './store.ts';
export * from './store-input.ts';
export * from './target.ts';
export * from './traffic.ts';
export * from './venue.ts';
