export * from './load/index.ts';
