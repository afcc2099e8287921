export * from './snapshot-store.ts';
export type { SnapshotBounds } from './walk.ts';
