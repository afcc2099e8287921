import { parseArgs } from 'node:util';
import type { Verb } from './verb.ts';
import { globalOptions, verbs } from './verbs.ts';

export interface PlainWords {
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

interface Known {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple: true;
}

const longName = (flags: string): string => /--([a-z-]+)/.exec(flags)?.[1] ?? '';
const camelCase = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const knownOf = (flags: string): Known => {
  const short = /^-([A-Za-z]),/.exec(flags)?.[1];
  const type = flags.includes('<') ? 'string' : 'boolean';
  return short === undefined ? { type, multiple: true } : { type, short, multiple: true };
};

/** As commander does it: each value in turn through the option's own reading, else the last one wins. */
const valueFor = (parse: Verb['options'][number]['parse'], given: readonly (string | boolean)[]): unknown => {
  if (parse === undefined) return given.at(-1);
  let value: unknown;
  for (const one of given) value = parse(String(one), value as never);
  return value;
};

/**
 * Reads a command line in which nothing is wrong and no help is asked for; undefined for any other. Loading
 * commander is a quarter of what a cold command may take, and only the others need what it can say.
 */
export const plainParse = (argv: readonly string[]): PlainWords | undefined => {
  const name = argv.find((word) => !word.startsWith('-'));
  const verb = verbs.find((one) => one.name === name);
  if (verb === undefined) return undefined;
  const options: readonly Verb['options'][number][] = [...verb.options, ...globalOptions];
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: Object.fromEntries(options.map(({ flags }) => [longName(flags), knownOf(flags)])),
      allowPositionals: true,
      strict: true,
    });
    const [first, ...args] = positionals;
    const needed = verb.arguments.filter(({ required }) => required === true).length;
    if (first !== verb.name || args.length > verb.arguments.length || args.length < needed) return undefined;
    const flags: Record<string, unknown> = {};
    for (const { flags: spelled, parse } of options) {
      const given = values[longName(spelled)];
      if (Array.isArray(given) && given.length > 0) flags[camelCase(longName(spelled))] = valueFor(parse, given);
    }
    return { verb, args, flags };
  } catch {
    return undefined;
  }
};
