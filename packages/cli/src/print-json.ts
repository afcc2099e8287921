import type { Output } from './context.ts';

/** One JSON object; laid out where a person reads it. */
export const printJson = (stdout: Output, value: unknown): void =>
  stdout.write(`${JSON.stringify(value, null, stdout.isTerminal ? 2 : 0)}\n`);
