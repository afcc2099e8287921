import { parseEnv } from 'node:util';
import type { Problems } from './problems.ts';
import { exists, readText } from './read-text.ts';

/**
 * The variables of an `.env` or `env_file`. Values are taken as they are: a `$` in them is no variable, which is
 * said where one seems to be meant.
 */
export function readDotEnv(path: string, shown: string, problems: Problems): Readonly<Record<string, string>> {
  if (!exists(path, 'file')) return {};
  const text = readText(path, shown, undefined, problems);
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(parseEnv(text ?? ''))) {
    if (value === undefined) continue;
    values[key] = value;
    if (/\$\{[A-Za-z_]/.test(value)) {
      problems.warn(undefined, `${shown}: the value of ${key} holds "\${...}", which is taken as it is written there`);
    }
  }
  return values;
}
