export * from './paths.ts';
export type * from './reports.ts';
export type * from './requests.ts';
