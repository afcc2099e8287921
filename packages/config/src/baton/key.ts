import * as z from 'zod';

/** A default that is not one value, such as "all of them". */
class InWords {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Says in words what holds where a key is left out. */
export const inWords = (text: string): InWords => new InWords(text);

/** Where {@link key} keeps defaults in a schema's metadata, for the JSON Schema and the reference. */
export interface FallbackMeta {
  /** As a person would write it. */
  readonly fallback?: unknown;
  readonly fallbackInWords?: string;
}

/**
 * A key that may be left out.
 * @param meaning one or two sentences; they become the reference and what editors show
 * @param fallback what holds where it is left out, as a person would write it
 */
export const key = <Schema extends z.ZodType>(schema: Schema, meaning: string, fallback?: unknown) => {
  const said: FallbackMeta =
    fallback instanceof InWords ? { fallbackInWords: fallback.text } : fallback === undefined ? {} : { fallback };
  return schema.meta({ description: meaning, ...said }).optional();
};

/** A key that must be there. */
export const requiredKey = <Schema extends z.ZodType>(schema: Schema, meaning: string) =>
  schema.meta({ description: meaning });

/** A mapping that may be written with nothing in it (`dashboard:`). */
export const mappingOrNothing = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => (value === null ? {} : value), z.strictObject(shape)).meta({ type: ['object', 'null'] });
