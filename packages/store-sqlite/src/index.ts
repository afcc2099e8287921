export * from './audit-file.ts';
export * from './open-sqlite-store.ts';
