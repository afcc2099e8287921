import type { CliContext } from '../context.ts';
import type { Invocation } from './invocation.ts';
import { plainParse } from './plain-parse.ts';
import type { Verb } from './verb.ts';

/** What the words mean: a verb to run, or text that was asked for. */
export type Parsed =
  | { readonly kind: 'run'; readonly verb: Verb; readonly invocation: Invocation }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly text: string };

/**
 * Reads the words of a command line; runs nothing.
 * @throws BatonError `usage`, with a suggestion where a word is near to one that there is
 */
export const parse = async (argv: readonly string[], context: CliContext): Promise<Parsed> => {
  const plain = plainParse(argv);
  if (plain === undefined) {
    const { fullParse } = await import('./program.ts');
    return fullParse(argv, context);
  }
  const { verb, args, flags } = plain;
  return { kind: 'run', verb, invocation: { context, verb: verb.name, args, flags } };
};
