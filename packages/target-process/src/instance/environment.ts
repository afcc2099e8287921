import { mkdirSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import type { LaunchRequest } from '@baton/core';
import type { Layout } from '../disk/index.ts';
import { NONCE_VARIABLE } from '../proc/index.ts';

/** What a program gets of the daemon's own environment; nothing else, so that no secret leaks into it. */
const INHERITED = ['HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'LOGNAME'] as const;

const variableName = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** The search path of instances: this very Node first, so that `node` in a command is the one Baton runs on. */
export const searchPath = (base: NodeJS.ProcessEnv): string =>
  [dirname(process.execPath), base.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter);

/**
 * The whole environment of one instance: a plain base, the service's own, the engine's, then
 * Baton's contract, which nobody overrides. A service writes to BATON_DATA_DIR, kept over releases
 * and shared by its slots; the compose file's named volumes are BATON_VOLUME_<NAME>. Bind mounts
 * need nothing here: on this target the host's paths are the program's.
 */
export const instanceEnvironment = (
  request: LaunchRequest,
  ports: ReadonlyMap<number, number>,
  layout: Layout,
  base: NodeJS.ProcessEnv,
): Record<string, string> => {
  const { scope, service, startAs } = request;
  const data = layout.data(scope, service.spec.name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const environment: Record<string, string> = { [NONCE_VARIABLE]: request.instance, PATH: searchPath(base) };
  for (const name of INHERITED) {
    const value = base[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, service.spec.environment, request.environment);
  for (const volume of service.spec.volumes) {
    if (volume.kind !== 'volume' || volume.source === undefined) continue;
    const folder = layout.volume(scope, volume.source);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    environment[`BATON_VOLUME_${variableName(volume.source)}`] = folder;
  }
  for (const [index, port] of [...ports].entries()) {
    if (index === 0) environment.PORT = String(port[1]);
    environment[`PORT_${port[0]}`] = String(port[1]);
  }
  return Object.assign(environment, {
    [NONCE_VARIABLE]: request.instance,
    BATON_APP: scope.app,
    BATON_ENVIRONMENT: scope.environment,
    BATON_SERVICE: service.spec.name,
    BATON_SLOT: request.slot,
    BATON_RELEASE: String(request.release),
    BATON_DIGEST: service.digest,
    BATON_REPLICA: String(request.replica),
    BATON_SECRET: request.secret,
    BATON_START_AS: startAs.kind,
    BATON_DATA_DIR: data,
    ...(startAs.kind === 'holder' ? { BATON_TOKEN: String(startAs.token) } : {}),
  });
};
