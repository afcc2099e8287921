export type { Flags } from './flags.ts';
export type { Command, Invocation } from './invocation.ts';
export { type Parsed, parse } from './parse.ts';
export type { Verb } from './verb.ts';
export { globalOptions, verbs } from './verbs.ts';
