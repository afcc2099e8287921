export * from './events.ts';
export * from './facts.ts';
