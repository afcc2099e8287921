import { checkShape, type Problems, type YamlSource } from '../source/index.ts';
import { type BatonEnvironment, environmentSchema } from './environment-schema.ts';
import { type BatonTop, batonSchema, topSchema } from './schema.ts';
import { type BatonService, serviceSchema } from './service-schema.ts';

/** What baton.yaml says. A part whose shape is wrong is absent; that it was meant is still known by its name. */
export interface BatonFile {
  readonly source: YamlSource;
  readonly top: Partial<BatonTop>;
  readonly services: ReadonlyMap<string, BatonService>;
  readonly environments: ReadonlyMap<string, BatonEnvironment>;
  readonly serviceNames: readonly string[];
  readonly environmentNames: readonly string[];
}

/** Checks the shape of baton.yaml, each service and environment by itself, so that one fault hides no other. */
export function readBaton(source: YamlSource, value: unknown, problems: Problems): BatonFile {
  const top = checkShape(topSchema, value, source, [], problems) ?? {};
  const services = mappingAt(value, 'services');
  const environments = mappingAt(value, 'environments');
  checkNames(source, { services, environments }, problems);
  const file = {
    source,
    top,
    services: shaped(services, (body, name) => checkShape(serviceSchema, body, source, ['services', name], problems)),
    environments: shaped(environments, (body, name) =>
      checkShape(environmentSchema, body, source, ['environments', name], problems),
    ),
    serviceNames: Object.keys(services),
    environmentNames: Object.keys(environments),
  };
  if (file.environmentNames.length === 0 && 'environments' in top) {
    problems.add(
      source.place(['environments']),
      'no environment is declared; declare at least "local: { target: process }"',
    );
  }
  return file;
}

function mappingAt(value: unknown, key: string): Record<string, unknown> {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
}

/** Names are keys, so that they are checked with empty bodies by the schema of the whole. */
function checkNames(source: YamlSource, parts: Record<string, Record<string, unknown>>, problems: Problems): void {
  for (const [part, body] of Object.entries(parts)) {
    const schema = batonSchema.shape[part as 'services' | 'environments'].keyType;
    for (const name of Object.keys(body)) {
      for (const issue of schema.safeParse(name).error?.issues ?? []) {
        const suggestion: unknown = issue.code === 'custom' ? issue.params?.suggestion : undefined;
        const text = typeof suggestion === 'string' ? suggestion : undefined;
        problems.add(source.place([part, name], 'key'), issue.message, text);
      }
    }
  }
}

function shaped<Shape>(
  bodies: Record<string, unknown>,
  check: (body: unknown, name: string) => Shape | undefined,
): Map<string, Shape> {
  const out = new Map<string, Shape>();
  for (const [name, body] of Object.entries(bodies)) {
    const value = check(body, name);
    if (value !== undefined) out.set(name, value);
  }
  return out;
}
