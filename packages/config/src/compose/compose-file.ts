import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { checkShape, type Lookup, type Problems, readText, YamlSource } from '../source/index.ts';
import { nameFault, nearestName } from '../values/index.ts';
import { withoutExtensions } from './compose-object.ts';
import { type ComposeService, composeService, REFUSED_KEYS } from './compose-service.ts';
import { textOrList } from './map-or-list.ts';
import type { Workspace } from './workspace.ts';

const resource = z.record(z.string(), z.union([z.null(), z.record(z.string(), z.unknown())]));

const includeEntry = z.union([
  z.string().transform((path) => ({ path: [path], project_directory: undefined, env_file: undefined })),
  z.strictObject({ path: textOrList(), project_directory: z.string().optional(), env_file: textOrList().optional() }),
]);

const frame = z.strictObject({
  name: z.string().optional(),
  version: z.unknown().optional(),
  include: z.array(includeEntry).optional(),
  services: z.record(z.string(), z.unknown()).optional(),
  volumes: resource.optional(),
  networks: resource.optional(),
  secrets: resource.optional(),
  configs: resource.optional(),
});

export interface ComposeFile {
  readonly path: string;
  /** What relative paths are resolved against. */
  readonly directory: string;
  readonly source: YamlSource;
  readonly frame: Omit<z.output<typeof frame>, 'services'>;
  /** Services whose shape is right, by name. */
  readonly services: ReadonlyMap<string, ComposeService>;
  /** All that the file names, the wrong ones too, so that one fault is not told twice. */
  readonly names: readonly string[];
}

/** Reads, interpolates and checks one compose file; undefined where it cannot be read at all. */
function readComposeFile(
  path: string,
  text: string,
  workspace: Workspace,
  lookup: Lookup,
  directory = dirname(path),
): ComposeFile | undefined {
  const { problems } = workspace;
  const source = YamlSource.parse(workspace.show(path), text, problems);
  if (source === undefined) return undefined;
  source.interpolate(lookup, problems);
  const value = source.toValue(problems);
  if (value === undefined) return undefined;
  const shaped = checkShape(frame, withoutExtensions(value), source, [], problems);
  const declared = servicesOf(value);
  const services = new Map<string, ComposeService>();
  for (const [name, body] of Object.entries(declared)) {
    checkName(name, source, problems);
    const service = checkShape(
      composeService,
      withoutRefused(body, name, source, problems),
      source,
      ['services', name],
      problems,
    );
    if (service !== undefined) services.set(name, located(service, directory));
  }
  const { services: _, ...rest } = shaped ?? {};
  return { path, directory, source, frame: rest, services, names: Object.keys(declared) };
}

/** Reads a compose file by its path. */
export function openComposeFile(
  path: string,
  askedAt: Parameters<typeof readText>[2],
  workspace: Workspace,
  lookup: Lookup,
  directory?: string,
): ComposeFile | undefined {
  const text = readText(path, workspace.show(path), askedAt, workspace.problems);
  return text === undefined ? undefined : readComposeFile(path, text, workspace, lookup, directory);
}

function servicesOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  const { services } = value as { services?: unknown };
  return typeof services === 'object' && services !== null && !Array.isArray(services) ? { ...services } : {};
}

function checkName(name: string, source: YamlSource, problems: Problems): void {
  const fault = nameFault(name);
  if (fault !== undefined) problems.add(source.place(['services', name], 'key'), fault, nearestName(name));
}

function withoutRefused(body: unknown, name: string, source: YamlSource, problems: Problems): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).filter(([key]) => {
      const instead = REFUSED_KEYS[key];
      if (instead === undefined) return true;
      problems.add(source.place(['services', name, key], 'key'), `"${key}" is not supported: ${instead}`);
      return false;
    }),
  );
}

const isRemote = (context: string): boolean => /^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(context);

/** The service with its paths made absolute. */
function located(service: ComposeService, directory: string): ComposeService {
  const { build, env_file: envFiles, volumes } = service;
  return {
    ...service,
    ...(build === undefined || isRemote(build.context)
      ? {}
      : { build: { ...build, context: resolve(directory, build.context) } }),
    ...(envFiles === undefined
      ? {}
      : { env_file: envFiles.map((file) => ({ ...file, path: resolve(directory, file.path) })) }),
    ...(volumes === undefined
      ? {}
      : {
          volumes: volumes.map((volume) =>
            volume.kind === 'bind' && volume.source !== undefined
              ? { ...volume, source: resolve(directory, volume.source) }
              : volume,
          ),
        }),
  };
}
