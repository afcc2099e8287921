export * from './clock/index.ts';
export * from './store/index.ts';
