import * as z from 'zod';
import { batonSchema, type FallbackMeta } from '../baton/index.ts';

export const SCHEMA_PATH = 'packages/config/schema/baton.schema.json';

/** Puts defaults where JSON Schema has them. Those in words are no values, and are kept for the reference alone. */
function withDefaults(keepWords: boolean) {
  return ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    const { fallback, fallbackInWords } = jsonSchema as FallbackMeta;
    delete jsonSchema.fallback;
    delete jsonSchema.fallbackInWords;
    if (fallback !== undefined) jsonSchema.default = fallback;
    if (keepWords && fallbackInWords !== undefined) jsonSchema.defaultInWords = fallbackInWords;
  };
}

/**
 * The schema of baton.yaml, made from what validates it, so that the two cannot differ.
 * @param keepWords keeps defaults that are no values, as `defaultInWords`, which no other reader knows
 */
export function describedSchema(keepWords: boolean): Record<string, unknown> {
  const made = z.toJSONSchema(batonSchema, {
    io: 'input',
    unrepresentable: 'throw',
    override: withDefaults(keepWords),
  });
  const { $schema, ...schema } = made;
  return { $schema, title: 'baton.yaml', description: 'How and where an app is deployed by Baton.', ...schema };
}

/** The JSON Schema of baton.yaml, for editors. */
export const batonJsonSchema = (): Record<string, unknown> => describedSchema(false);
