import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type App, BatonError, canonicalJson, type Json, type ServiceSpec } from '@baton/core';
import { type Excludes, parseDockerIgnore } from './docker-ignore.ts';
import { byPath, type SourceEntry } from './entry.ts';
import { findToolchain } from './toolchain.ts';
import { type SnapshotBounds, type Walk, walkInto } from './walk.ts';

/** Everything that a snapshot is made from, found but not yet read. */
export interface Source {
  readonly entries: readonly SourceEntry[];
  /** Working directory below the snapshot. */
  readonly cwd: string;
  /** Lines that the digest covers beside the entries: configuration and toolchain. */
  readonly identity: readonly string[];
}

const readExcludes = async (service: ServiceSpec, context: string): Promise<Excludes> => {
  const own = service.dockerfile === undefined ? [] : [`${resolve(context, service.dockerfile)}.dockerignore`];
  for (const file of [...own, join(context, '.dockerignore')]) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseDockerIgnore(text);
  }
  return parseDockerIgnore('');
};

/** The innermost folder that holds all of them. */
const commonFolder = (folders: readonly string[]): string => {
  let common = folders[0] as string;
  while (!folders.every((folder) => folder === common || folder.startsWith(common === sep ? sep : common + sep))) {
    common = dirname(common);
  }
  return common;
};

/**
 * The part of the configuration that decides what runs. Left out is what Baton itself judges and
 * routes by (health, smoke, routes, grace, labels, dependencies): a new threshold moves nobody.
 * Paths are taken relative to the app, so that a clone elsewhere has the same digest.
 */
const configurationOf = (app: App, service: ServiceSpec): Json => {
  const place = (path: string): string => (isAbsolute(path) ? relative(app.root, path) : path);
  return JSON.parse(
    JSON.stringify({
      name: service.name,
      role: service.role,
      image: service.image,
      entrypoint: service.entrypoint,
      command: service.command,
      workingDir: service.workingDir,
      user: service.user,
      environment: service.environment,
      ports: service.ports.map((port) => ({ port: port.containerPort, protocol: port.protocol })),
      replicas: service.replicas,
      resources: service.resources,
      volumes: service.volumes.map((volume) =>
        volume.kind === 'bind' && volume.source !== undefined ? { ...volume, source: place(volume.source) } : volume,
      ),
      stopSignal: service.stopSignal,
      singleton: service.singleton,
      releaseFiles: service.releaseFiles.map(place),
    }),
  ) as Json;
};

const missing = (service: ServiceSpec, path: string, what: string, cause: unknown): BatonError =>
  new BatonError('context-unreadable', `Service "${service.name}": ${what} ${path} cannot be read`, {
    fault: 'user',
    hint: 'Check the path in the compose file or baton.yaml, and that it may be read.',
    cause,
  });

/**
 * Finds what a release of the service consists of. The context and the release files keep their
 * places to each other, so that `../strategies` means the same in the copy.
 * @throws BatonError `context-unreadable`, `context-too-large`, `symlink-escapes`
 */
export const findSource = async (
  app: App,
  service: ServiceSpec,
  never: readonly string[],
  bounds: SnapshotBounds,
): Promise<Source> => {
  const configuration = `configuration ${canonicalJson(configurationOf(app, service))}`;
  const context = service.context === undefined ? undefined : resolve(service.context);
  const folders = [
    ...(context === undefined ? [] : [context]),
    ...service.releaseFiles.map((file) => dirname(resolve(file))),
  ];
  if (folders.length === 0) {
    return { entries: [{ kind: 'folder', path: 'tree' }], cwd: 'tree', identity: [configuration] };
  }
  const root = commonFolder(folders);
  const excludes = context === undefined ? parseDockerIgnore('') : await readExcludes(service, context);
  const walk: Walk = { root, excludes, base: context ?? root, never, bounds, entries: new Map(), bytes: 0 };
  const declared: Walk = { ...walk, excludes: parseDockerIgnore('') };
  if (context !== undefined) {
    await walkInto(walk, context).catch((error: unknown) => rethrow(service, context, 'build context', error));
    declared.bytes = walk.bytes;
  }
  for (const file of service.releaseFiles) {
    await walkInto(declared, resolve(file)).catch((error: unknown) => rethrow(service, file, 'release file', error));
  }
  const toolchain = findToolchain(root, context ?? root, excludes);
  const entries = new Map<string, SourceEntry>();
  const add = (entry: SourceEntry): void => {
    for (let folder = dirname(entry.path); folder !== '.'; folder = dirname(folder)) {
      if (!entries.has(folder)) entries.set(folder, { kind: 'folder', path: folder });
    }
    entries.set(entry.path, entry);
  };
  add({ kind: 'folder', path: toolchain.tree });
  for (const entry of walk.entries.values()) add({ ...entry, path: join(toolchain.tree, entry.path) });
  for (const entry of toolchain.entries) if (!entries.has(entry.path)) add(entry);
  const cwd = join(toolchain.tree, relative(root, context ?? root));
  if (!entries.has(cwd)) add({ kind: 'folder', path: cwd });
  return {
    entries: [...entries.values()].sort(byPath),
    cwd,
    identity: [configuration, ...toolchain.identity.map((line) => `toolchain ${line}`)],
  };
};

const rethrow = (service: ServiceSpec, path: string, what: string, error: unknown): never => {
  throw error instanceof BatonError ? error : missing(service, path, what, error);
};
