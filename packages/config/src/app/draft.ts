import type { SourcePlace } from '@baton/core';
import type { BatonEnvironment, BatonFile, BatonService } from '../baton/index.ts';
import type { ComposeProject, ComposeService, ProjectService } from '../compose/index.ts';
import type { Lookup, Path, Problems } from '../source/index.ts';
import type { Flags } from './build-policy.ts';
import type { Overrides } from './overrides.ts';

/** An app on its way from two files to one. */
export interface Draft {
  /** Folder of baton.yaml, absolute. */
  readonly root: string;
  readonly file: BatonFile;
  readonly project: ComposeProject;
  readonly problems: Problems;
  readonly environmentName: string;
  readonly environment: BatonEnvironment;
  readonly overrides: Overrides;
  readonly flags: Flags;
  readonly lookup: Lookup;
  /** A file's name for messages. */
  readonly show: (path: string) => string;
}

/** One service on its way. */
export interface ServiceDraft {
  readonly name: string;
  readonly baton: BatonService;
  readonly compose: ComposeService;
  /** Where a key of the service stands in baton.yaml; without a path, its name. */
  inBaton(...path: Path): SourcePlace;
  /** Where a key of the service stands in the compose file. */
  inCompose(...path: Path): SourcePlace;
  refuse(place: SourcePlace, message: string, suggestion?: string): void;
  warn(message: string): void;
}

/** @param found the service in the compose project */
export function serviceDraft(draft: Draft, found: ProjectService, baton: BatonService): ServiceDraft {
  const { name } = found;
  const path = (rest: Path): Path => ['services', name, ...rest];
  const at = (rest: Path): 'key' | 'value' => (rest.length === 0 ? 'key' : 'value');
  return {
    name,
    baton,
    compose: found.service,
    inBaton: (...rest) => draft.file.source.place(path(rest), at(rest)),
    inCompose: (...rest) => found.source.place(path(rest), at(rest)),
    refuse: (place, message, suggestion) => draft.problems.add(place, message, suggestion),
    warn: (message) => draft.problems.warn(undefined, `${name}: ${message}`),
  };
}
