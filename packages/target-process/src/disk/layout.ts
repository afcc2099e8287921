import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, type Scope } from '@baton/core';

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * A name used as one part of a path, checked where it is used, so that nothing outside the state
 * directory can be reached whatever the caller let through.
 * @throws BatonError `name-unsafe`
 */
export const pathPart = (name: string): string => {
  if (SAFE_NAME.test(name)) return name;
  throw new BatonError('name-unsafe', `"${name}" cannot be part of a path`, {
    fault: 'user',
    hint: 'Use letters, digits, ".", "_" and "-", and begin with a letter or digit.',
  });
};

/**
 * The state directory of the process target, and what lies where:
 *
 *     artefacts/<sha256>/            immutable snapshots, shared by all scopes
 *     artefacts/.refs/<app>/<env>/   which scope pinned which snapshot
 *     instances/<instance>.json      one record for each process start
 *     instances/<instance>.gate      there while a start is permitted (hosts without cgroups)
 *     logs/<service>/                <instance>.out.log, .err.log, older parts and their time indexes
 *     data/<app>/<env>/<service>/    BATON_DATA_DIR, outlives releases
 *     volumes/<app>/<env>/<name>/    BATON_VOLUME_<NAME>, the compose file's named volumes
 */
export class Layout {
  readonly root: string;
  readonly artefacts: string;
  readonly instances: string;
  readonly logs: string;

  constructor(root: string) {
    this.root = root;
    this.artefacts = join(root, 'artefacts');
    this.instances = join(root, 'instances');
    this.logs = join(root, 'logs');
  }

  /** Creates what is missing, closed to everyone else: records and logs may hold what must not be read. */
  create(): void {
    for (const folder of [this.root, this.artefacts, this.instances, this.logs]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
  }

  artefact(digest: string): string {
    return join(this.artefacts, pathPart(digest.replace(/^sha256:/, '')));
  }

  references(scope: Scope): string {
    return join(this.artefacts, '.refs', pathPart(scope.app), pathPart(scope.environment));
  }

  gate(instance: string): string {
    return join(this.instances, `${pathPart(instance)}.gate`);
  }

  serviceLogs(service: string): string {
    return join(this.logs, pathPart(service));
  }

  data(scope: Scope, service: string): string {
    return join(this.root, 'data', pathPart(scope.app), pathPart(scope.environment), pathPart(service));
  }

  volume(scope: Scope, name: string): string {
    return join(this.root, 'volumes', pathPart(scope.app), pathPart(scope.environment), pathPart(name));
  }
}
