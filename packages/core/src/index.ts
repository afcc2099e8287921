export * from './app/index.ts';
export * from './chain.ts';
export * from './errors/index.ts';
export * from './known.ts';
export * from './names.ts';
export * from './ports/index.ts';
