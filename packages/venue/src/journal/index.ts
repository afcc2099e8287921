export * from './entry.ts';
export { Journal, readWholeLines } from './journal.ts';
