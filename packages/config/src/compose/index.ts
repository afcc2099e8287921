export type { ComposeService } from './compose-service.ts';
export { PASSED_ON_KEYS } from './compose-service.ts';
export * from './read-compose.ts';
export * from './workspace.ts';
