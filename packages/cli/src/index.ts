export type { CliContext, Output } from './context.ts';
export { run } from './run.ts';
