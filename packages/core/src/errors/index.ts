export * from './baton-error.ts';
export * from './invariant.ts';
