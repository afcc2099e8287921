export * from './clock/index.ts';
export * from './load/index.ts';
export * from './model/index.ts';
export * from './store/index.ts';
