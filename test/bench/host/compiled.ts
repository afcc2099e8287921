import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../context.ts';

/** Compiled code is kept between the programs of a section, as bin/baton keeps it between its runs. */
export const compileCache = (context: BenchContext): Readonly<Record<'NODE_COMPILE_CACHE', string>> => ({
  NODE_COMPILE_CACHE: join(context.dir, 'compiled'),
});

/**
 * Lets the services of a compose file keep compiled code too, as a program that is built before it is deployed
 * does. Without it each start loads the stripper of types, which costs some 30 MB and with them a slower death.
 */
export const keepCompiled = (context: BenchContext, composeFile: string): void => {
  const text = readFileSync(composeFile, 'utf8');
  const account = /^( +)ACCOUNT: .*$/gm;
  if (!account.test(text)) throw new Error(`${composeFile} has no ACCOUNT beside which to put a variable`);
  const { NODE_COMPILE_CACHE } = compileCache(context);
  writeFileSync(composeFile, text.replaceAll(account, `$&\n$1NODE_COMPILE_CACHE: ${NODE_COMPILE_CACHE}`));
};
