export * from './environment.ts';
export * from './release.ts';
