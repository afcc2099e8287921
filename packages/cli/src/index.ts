export { type CliContext, type Output } from './context.ts';
export { run } from './run.ts';
