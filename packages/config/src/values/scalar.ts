import * as z from 'zod';

/** Why a text was refused, for {@link scalar}. */
export class Refusal {
  readonly message: string;
  readonly suggestion: string | undefined;
  constructor(message: string, suggestion?: string) {
    this.message = message;
    this.suggestion = suggestion;
  }
}

/** What the JSON Schema says of a value, beside its description. */
export type JsonSchemaOf = Readonly<Record<string, unknown>>;

/**
 * A schema of one written value (a text, a number or a boolean in YAML) that is read by `parse`.
 * @param expected the noun for messages, such as `a duration like "30s"`
 * @param json what editors are told; it must accept all that `parse` accepts
 */
export function scalar<Value>(expected: string, json: JsonSchemaOf, parse: (text: string) => Value | Refusal) {
  return z
    .unknown()
    .transform((input, context): Value => {
      if (typeof input !== 'string' && typeof input !== 'number' && typeof input !== 'boolean') {
        const found = input === null ? 'nothing' : Array.isArray(input) ? 'a list' : 'a mapping';
        const message = input === undefined ? `missing: expected ${expected}` : `expected ${expected}, found ${found}`;
        context.addIssue({ code: 'custom', message, params: { wrongKind: expected } });
        return z.NEVER;
      }
      const value = parse(String(input));
      if (!(value instanceof Refusal)) return value;
      context.addIssue({ code: 'custom', message: value.message, params: { suggestion: value.suggestion } });
      return z.NEVER;
    })
    .meta(json);
}

/** Any text; a number or a boolean counts as it is written. */
export const text = (expected = 'a text') =>
  scalar(expected, { type: ['string', 'number', 'boolean'] }, (value) => value);

/** A text that is not empty. */
export const filledText = (expected = 'a text') =>
  scalar(expected, { type: 'string', minLength: 1 }, (value) =>
    value.trim() === '' ? new Refusal(`expected ${expected}, found nothing`) : value,
  );
