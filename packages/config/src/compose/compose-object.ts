import * as z from 'zod';

/** A mapping of fixed keys in which, as everywhere in a compose file, keys that begin with `x-` are the user's own. */
export const composeObject = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(withoutExtensions, z.strictObject(shape));

/** The value without its `x-` keys; anything but a mapping as it is. */
export function withoutExtensions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
}
