import type * as z from 'zod';

/**
 * A key that may be left out.
 * @param meaning one or two sentences; they become the reference and what editors show
 * @param fallback what holds where it is left out, as a person would write it
 */
export const key = <Schema extends z.ZodType>(schema: Schema, meaning: string, fallback?: unknown) =>
  schema.meta({ description: meaning, ...(fallback === undefined ? {} : { default: fallback }) }).optional();

/** A key that must be there. */
export const requiredKey = <Schema extends z.ZodType>(schema: Schema, meaning: string) =>
  schema.meta({ description: meaning });

/** A mapping that may be written with nothing in it (`dashboard:`). */
export const emptyAsMapping = (value: unknown): unknown => (value === null ? {} : value);
