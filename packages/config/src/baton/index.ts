export * from './defaults.ts';
export type { BatonEnvironment } from './environment-schema.ts';
export type { FallbackMeta } from './key.ts';
export { NOTIFY_EVENTS } from './policy-schema.ts';
export * from './read-baton.ts';
export { batonSchema } from './schema.ts';
export type { BatonHealth, BatonService } from './service-schema.ts';
