export * from './check-shape.ts';
export * from './dot-env.ts';
export * from './interpolate.ts';
export * from './problems.ts';
export * from './read-text.ts';
export * from './suggest.ts';
export * from './yaml-source.ts';
