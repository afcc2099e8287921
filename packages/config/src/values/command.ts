import { parseArgsStringToArgv } from 'string-argv';
import * as z from 'zod';
import { Refusal, scalar } from './scalar.ts';

/**
 * Splits a command line into an argument vector. No shell is involved. A line whose quoting could be split in two
 * ways is refused rather than guessed at.
 */
export function splitCommand(line: string): readonly string[] | Refusal {
  const list = 'write the command as a list';
  if (line.includes('\\')) return new Refusal(`a backslash in a command line is not read here; ${list}`);
  let quote: string | undefined;
  for (const character of line) {
    if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (quote === character) quote = undefined;
  }
  if (quote !== undefined) return new Refusal(`a ${quote} is not closed in this command; ${list}`);
  return parseArgsStringToArgv(line);
}

const argument = () => scalar('a text', { type: ['string', 'number', 'boolean'] }, (word) => word);

/** A schema of a command: a line that is split into words, or the list of them. */
export const command = () =>
  z.union([
    scalar<readonly string[]>('a command line', { type: 'string', minLength: 1 }, (line) => {
      const words = splitCommand(line);
      return words instanceof Refusal || words.length > 0 ? words : new Refusal('the command is empty');
    }),
    z
      .array(argument())
      .min(1, 'the command is empty')
      .transform((words): readonly string[] => words),
  ]);
