export type { DurableState, HeldService, MomentState } from './gateway-state.ts';
export { StateFiles } from './state-files.ts';
export { StateLock } from './state-lock.ts';
