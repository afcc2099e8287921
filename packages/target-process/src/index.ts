export { type ProcessTargetOptions, processTarget } from './process-target.ts';
