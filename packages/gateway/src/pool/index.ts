export type { Connection, ConnectionSettings } from './connection.ts';
export type { Member } from './member.ts';
export { type Carried, type CutReason, Pool, serviceOfPool } from './pool.ts';
