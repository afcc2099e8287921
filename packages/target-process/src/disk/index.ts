export * from './durable-file.ts';
export * from './layout.ts';
export * from './remove-tree.ts';
