import type * as z from 'zod/v4/core';
import { safeParse } from 'zod/v4/core';
import type { Problems } from './problems.ts';
import { schemaKeys } from './schema-keys.ts';
import { closest } from './suggest.ts';
import type { Path, YamlSource } from './yaml-source.ts';

type Issue = z.$ZodIssue;

/**
 * Checks a value that stands at `path` of `source` against `schema`.
 * @returns the parsed value, or undefined where it is wrong; each fault is in `problems` with its place
 */
export function checkShape<Schema extends z.$ZodType>(
  schema: Schema,
  value: unknown,
  source: YamlSource,
  path: Path,
  problems: Problems,
): z.output<Schema> | undefined {
  const result = safeParse(schema, value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, { schema, source, path, problems });
  return undefined;
}

interface Context {
  readonly schema: z.$ZodType;
  readonly source: YamlSource;
  readonly path: Path;
  readonly problems: Problems;
}

function report(issue: Issue, context: Context): void {
  const { source, problems, schema } = context;
  const path: Path = [...context.path, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = schemaKeys(schema, issue.path);
      for (const key of issue.keys) {
        const suggestion = closest(key, known);
        const list = suggestion === undefined && known.length <= 16 ? `; known here: ${known.join(', ')}` : '';
        problems.add(source.place([...path, key], 'key'), `unknown key "${key}"${list}`, suggestion);
      }
      return;
    }
    case 'invalid_union':
      for (const inner of bestBranch(issue)) report({ ...inner, path: [...issue.path, ...inner.path] }, context);
      return;
    case 'invalid_key':
      for (const inner of issue.issues) {
        problems.add(source.place(path, 'key'), inner.message, suggestionOf(inner));
      }
      return;
    case 'invalid_type':
      if (issue.input === undefined) problems.add(source.place(path), `the key "${path.at(-1)}" is missing`);
      else
        problems.add(source.place(path), `expected ${expectedText(issue.expected)}, found ${foundText(issue.input)}`);
      return;
    case 'invalid_value': {
      if (issue.input === undefined) {
        problems.add(source.place(path), `the key "${path.at(-1)}" is missing`);
        return;
      }
      const allowed = issue.values.map(String);
      const found = issue.input === null ? 'is empty' : `is ${shown(issue.input)}`;
      const suggestion = typeof issue.input === 'string' ? closest(issue.input, allowed) : undefined;
      problems.add(source.place(path), `"${path.at(-1)}" ${found}; choose ${choice(allowed)}`, suggestion);
      return;
    }
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      problems.add(source.place(path), issue.message, suggestionOf(issue));
  }
}

/** Of the ways in which a value may be written, the faults of the one that the person chose. */
function bestBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] {
  const fits = issue.errors.filter((branch) => !branch.some(isWrongKind));
  const chosen = fits.toSorted((one, other) => one.length - other.length)[0];
  if (chosen !== undefined) return chosen;
  const first = issue.errors.flat().find(isWrongKind);
  if (first === undefined) return [];
  if (issue.input === undefined) return [first];
  const kinds = [...new Set(issue.errors.flat().filter(isWrongKind).map(kindOf))];
  const message = `expected ${kinds.join(' or ')}, found ${foundText(issue.input)}`;
  return [{ code: 'custom', path: [], message, input: issue.input }];
}

const isWrongKind = (issue: Issue): boolean =>
  issue.path.length === 0 &&
  (issue.code === 'invalid_type' || (issue.code === 'custom' && issue.params?.wrongKind !== undefined));

const kindOf = (issue: Issue): string =>
  issue.code === 'invalid_type'
    ? expectedText(issue.expected)
    : issue.code === 'custom'
      ? String(issue.params?.wrongKind)
      : 'something else';

function suggestionOf(issue: Issue): string | undefined {
  const suggestion: unknown = issue.code === 'custom' ? issue.params?.suggestion : undefined;
  return typeof suggestion === 'string' ? suggestion : undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};
const expectedText = (kind: string): string => KINDS[kind] ?? kind;

function foundText(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'a mapping' : shown(input);
}

const shown = (input: unknown): string =>
  typeof input === 'string'
    ? `"${input.slice(0, 80)}"`
    : typeof input === 'object'
      ? foundText(input)
      : `"${JSON.stringify(input)}"`;

const choice = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
