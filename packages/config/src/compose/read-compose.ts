import { dirname, resolve } from 'node:path';
import type { SourcePlace } from '@baton/core';
import { closest, type Lookup, readDotEnv, type YamlSource } from '../source/index.ts';
import { type ComposeFile, openComposeFile } from './compose-file.ts';
import type { ComposeService } from './compose-service.ts';
import { mergeService } from './merge-service.ts';
import type { Workspace } from './workspace.ts';

/** One service of the project, with everything it extends laid under it. */
export interface ProjectService {
  readonly name: string;
  readonly service: ComposeService;
  readonly source: YamlSource;
  /** True where no profile of it is switched on. */
  readonly inactive: boolean;
}

/** The compose files of an app, read as one. */
export interface ComposeProject {
  /** `name:` of the files, the last one that says it. */
  readonly name: string | undefined;
  readonly services: ReadonlyMap<string, ProjectService>;
  /** All service names that stand in the files, the wrong ones too. */
  readonly names: readonly string[];
  /** The first file, for messages about what is missing. */
  readonly source: YamlSource | undefined;
  /** Top-level resources that are declared, by kind. */
  readonly declared: Readonly<Record<ResourceKind, Readonly<Record<string, unknown>>>>;
}

type ResourceKind = 'volumes' | 'networks' | 'secrets' | 'configs';
const KINDS: readonly ResourceKind[] = ['volumes', 'networks', 'secrets', 'configs'];

/** Files that include or extend each other deeper than this go in a circle, or may as well. */
const DEEPEST = 16;

export interface ComposeRequest {
  /** Absolute paths; later files are laid over earlier ones. */
  readonly paths: readonly string[];
  readonly askedAt: SourcePlace | undefined;
  readonly lookup: Lookup;
  readonly profiles: readonly string[];
}

/** Reads the compose files of an app with what they include and extend. What is wrong is in the workspace's problems. */
export function readCompose(request: ComposeRequest, workspace: Workspace): ComposeProject {
  return new ComposeReader(request, workspace).read();
}

class ComposeReader {
  readonly #request: ComposeRequest;
  readonly #workspace: Workspace;
  readonly #opened = new Map<string, ComposeFile | undefined>();
  readonly #services = new Map<string, ProjectService>();
  readonly #names = new Set<string>();
  readonly #declared = { volumes: {}, networks: {}, secrets: {}, configs: {} };

  constructor(request: ComposeRequest, workspace: Workspace) {
    this.#request = request;
    this.#workspace = workspace;
  }

  read(): ComposeProject {
    const { paths, askedAt, lookup } = this.#request;
    const directory = dirname(paths[0] ?? '.');
    const files = paths.map((path) => this.#open(path, askedAt, lookup, directory));
    for (const file of files) if (file !== undefined) this.#take(file, lookup, 0, undefined);
    const name = files.findLast((file) => file?.frame.name !== undefined)?.frame.name;
    return {
      name,
      services: this.#services,
      names: [...this.#names],
      source: files[0]?.source,
      declared: this.#declared,
    };
  }

  #open(path: string, askedAt: SourcePlace | undefined, lookup: Lookup, directory: string): ComposeFile | undefined {
    const key = `${path}\n${directory}`;
    if (!this.#opened.has(key))
      this.#opened.set(key, openComposeFile(path, askedAt, this.#workspace, lookup, directory));
    return this.#opened.get(key);
  }

  /** Takes the services of a file in; `includedFrom` is set where two of one name are a conflict and no override. */
  #take(file: ComposeFile, lookup: Lookup, depth: number, includedFrom: SourcePlace | undefined): void {
    const { problems } = this.#workspace;
    this.#takeIncluded(file, lookup, depth);
    for (const kind of KINDS) Object.assign(this.#declared[kind], file.frame[kind]);
    for (const name of file.names) {
      if (includedFrom !== undefined && this.#names.has(name)) {
        problems.add(includedFrom, `the service "${name}" of an included file stands elsewhere too`);
      }
      this.#names.add(name);
      const service = this.#resolve(file, name, lookup, []);
      if (service === undefined) continue;
      const before = this.#services.get(name);
      const merged = before === undefined ? service : mergeService(before.service, service);
      const inactive = (merged.profiles ?? []).length > 0 && !merged.profiles?.some((one) => this.#isOn(one));
      this.#services.set(name, { name, service: merged, source: before?.source ?? file.source, inactive });
    }
  }

  #isOn(profile: string): boolean {
    return this.#request.profiles.includes(profile) || this.#request.profiles.includes('*');
  }

  #takeIncluded(file: ComposeFile, lookup: Lookup, depth: number): void {
    const { problems, show } = this.#workspace;
    for (const [index, entry] of (file.frame.include ?? []).entries()) {
      const place = file.source.place(['include', index]);
      if (depth >= DEEPEST) {
        problems.add(place, `files include each other more than ${DEEPEST} deep`);
        return;
      }
      const paths = entry.path.map((path) => resolve(file.directory, path));
      const directory =
        entry.project_directory === undefined
          ? dirname(paths[0] ?? '.')
          : resolve(file.directory, entry.project_directory);
      const envFiles = entry.env_file?.map((path) => resolve(file.directory, path)) ?? [resolve(directory, '.env')];
      const own = Object.assign({}, ...envFiles.map((path) => readDotEnv(path, show(path), problems))) as Record<
        string,
        string
      >;
      const inner: Lookup = (name) => lookup(name) ?? own[name];
      for (const path of paths) {
        const included = this.#open(path, place, inner, directory);
        if (included !== undefined) this.#take(included, inner, depth + 1, place);
      }
    }
  }

  /** A service with what it extends laid under it; undefined where its shape or an ancestor's is wrong. */
  #resolve(file: ComposeFile, name: string, lookup: Lookup, chain: readonly string[]): ComposeService | undefined {
    const { problems } = this.#workspace;
    const service = file.services.get(name);
    if (service?.extends === undefined) return service;
    const { extends: extended, ...own } = service;
    const place = file.source.place(['services', name, 'extends']);
    const link = `${file.path}\n${name}`;
    if (chain.includes(link) || chain.length >= DEEPEST) {
      const circle = [...chain.slice(chain.indexOf(link)), link].map((one) => one.split('\n')[1]).join(' -> ');
      problems.add(place, `services extend each other in a circle: ${circle}`);
      return undefined;
    }
    const path = extended.file === undefined ? file.path : resolve(file.directory, extended.file);
    const base = path === file.path ? file : this.#open(path, place, lookup, dirname(path));
    if (base === undefined) return undefined;
    if (!base.names.includes(extended.service)) {
      const message = `there is no service "${extended.service}" in ${base.source.file} to extend`;
      problems.add(place, message, closest(extended.service, base.names));
      return undefined;
    }
    const under = this.#resolve(base, extended.service, lookup, [...chain, link]);
    return under === undefined ? undefined : mergeService(under, own);
  }
}
