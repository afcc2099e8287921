export * from './goal.ts';
export * from './outcome.ts';
