import * as z from 'zod';
import { Refusal, scalar } from '../values/index.ts';

const SCALAR = { type: ['string', 'number', 'boolean'] };

/** `KEY: value` or `- KEY=value`, as compose allows for environment, labels and arguments. No value is null. */
export const mapOrList = (separator = '=') => {
  const entry = scalar<readonly [string, string | null]>(`a text such as "KEY${separator}value"`, SCALAR, (text) => {
    const at = text.indexOf(separator);
    const key = at < 0 ? text : text.slice(0, at);
    if (key.trim() === '') return new Refusal(`"${text}" has no name before "${separator}"`);
    return [key, at < 0 ? null : text.slice(at + separator.length)];
  });
  return z.union([
    z.record(z.string(), z.union([z.null(), scalar('a text', SCALAR, (text) => text)])),
    z.array(entry).transform((entries): Record<string, string | null> => Object.fromEntries(entries)),
  ]);
};

/** One text or a list of them. */
export const textOrList = () =>
  z.union([
    scalar<readonly string[]>('a text', SCALAR, (text) => [text]),
    z.array(scalar('a text', SCALAR, (text) => text)).transform((list): readonly string[] => list),
  ]);
