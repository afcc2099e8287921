export * from './counting-ids.ts';
export * from './fake-clock.ts';
export * from './seeded-random.ts';
