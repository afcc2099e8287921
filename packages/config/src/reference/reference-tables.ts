import { describedSchema } from './json-schema.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly defaultInWords?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}

interface Table {
  /** Such as `services.<name>.health`. */
  readonly path: string;
  readonly schema: JsonSchema;
}

/** The tables of docs/configuration.md: every mapping of baton.yaml with its keys, types, defaults and meanings. */
export function referenceTables(): string {
  const tables: Table[] = [{ path: '', schema: describedSchema(true) }];
  const out: string[] = [];
  for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
    out.push(render(table));
    for (const [key, schema] of Object.entries(table.schema.properties ?? {})) {
      tables.push(...nested(table.path === '' ? key : `${table.path}.${key}`, schema));
    }
  }
  return out.join('\n');
}

/** The mappings that a value may hold: itself, the items of a list, the values of a mapping by name. */
function nested(path: string, schema: JsonSchema): readonly Table[] {
  if (schema.properties !== undefined) return [{ path, schema }];
  const inner: Table[] = [];
  if (schema.items !== undefined) inner.push(...nested(`${path}[]`, schema.items));
  if (typeof schema.additionalProperties === 'object')
    inner.push(...nested(`${path}.<name>`, schema.additionalProperties));
  const [first] = (schema.anyOf ?? []).flatMap((option) => nested(path, option));
  return first === undefined ? inner : [...inner, first];
}

function render({ path, schema }: Table): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const needed = schema.required?.includes(key) === true;
    const fallback = needed ? 'required' : fallbackText(value);
    return `| \`${key}\` | ${typeText(value)} | ${fallback} | ${cell(value.description ?? '')} |`;
  });
  const title = path === '' ? 'The top of the file' : `\`${path}\``;
  return [`### ${title}`, '', '| key | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function fallbackText(schema: JsonSchema): string {
  if (schema.defaultInWords !== undefined) return cell(schema.defaultInWords);
  if (schema.default === undefined) return '';
  const text = typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default);
  return `\`${cell(text)}\``;
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type !== undefined && [schema.type].flat().includes('boolean') && schema.enum !== undefined)
    return 'true or false';
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(' or ');
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  if (schema.properties !== undefined) return 'mapping';
  if (typeof schema.additionalProperties === 'object') return 'mapping by name';
  return scalarText(schema);
}

function scalarText(schema: JsonSchema): string {
  const types = [schema.type ?? 'any'].flat();
  if (schema.pattern?.includes('us|µs') === true) return 'duration';
  if (types.includes('integer') && schema.minimum !== undefined) return `integer ${schema.minimum}..${schema.maximum}`;
  if (types.includes('number') && types.length === 2) return 'number';
  return types.includes('string') ? 'text' : types.join(' or ');
}
