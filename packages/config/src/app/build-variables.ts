import type { SourcePlace } from '@baton/core';
import { closest, exists, readDotEnv } from '../source/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

/**
 * The environment of a service. Later wins: env_file, compose `environment`, then in baton.yaml the service's,
 * the environment's, and the environment's for this service. A variable without a value comes from the shell and is
 * left out where it is not set there.
 */
export function buildVariables(draft: Draft, service: ServiceDraft): Readonly<Record<string, string>> {
  const { compose, baton, name } = service;
  const out: Record<string, string> = {};
  for (const [index, file] of (compose.env_file ?? []).entries()) {
    if (exists(file.path, 'file')) Object.assign(out, readDotEnv(file.path, draft.show(file.path), draft.problems));
    else if (file.required) {
      service.refuse(service.inCompose('env_file', index), `there is no file ${draft.show(file.path)}`);
    }
  }
  for (const [variable, value] of Object.entries(compose.environment ?? {})) {
    if (variable.startsWith('BATON_')) {
      const message = `the variable "${variable}" is set by Baton itself; choose another name`;
      service.refuse(service.inCompose('environment', variable), message);
    }
    if (variable === '' || variable.includes('=')) {
      service.refuse(service.inCompose('environment', variable), `"${variable}" is no name of an environment variable`);
    }
    const resolved = value ?? draft.lookup(variable);
    if (resolved !== undefined) out[variable] = resolved;
  }
  const said = {
    ...out,
    ...baton.environment,
    ...draft.environment.environment,
    ...draft.environment.services?.[name]?.environment,
  };
  checkFlags(draft, service, said);
  return { ...said, ...Object.fromEntries(draft.flags.flags.map((flag) => [flag.env, flag.default])) };
}

/** Where a variable of a service is set, the layer that wins first. */
function placeOfVariable(draft: Draft, service: ServiceDraft, variable: string): SourcePlace {
  const { environment, environmentName, file } = draft;
  const { name, baton, compose } = service;
  const at = (...path: string[]): SourcePlace => file.source.place(path, 'key');
  if (environment.services?.[name]?.environment?.[variable] !== undefined)
    return at('environments', environmentName, 'services', name, 'environment', variable);
  if (environment.environment?.[variable] !== undefined)
    return at('environments', environmentName, 'environment', variable);
  if (baton.environment?.[variable] !== undefined) return at('services', name, 'environment', variable);
  return service.inCompose(compose.environment?.[variable] === undefined ? 'env_file' : 'environment');
}

/** A flag has one place to be set; and a variable of a flag that is gone would mean something else to an older release. */
function checkFlags(draft: Draft, service: ServiceDraft, said: Readonly<Record<string, string>>): void {
  for (const { name, env } of draft.flags.retired) {
    if (said[env] === undefined) continue;
    const message = `${env} carried the flag "${name}", which was removed, and "${service.name}" is still given it; take the variable away`;
    service.refuse(placeOfVariable(draft, service, env), message);
  }
  for (const { name, env } of draft.flags.flags) {
    if (said[env] === undefined) continue;
    const message = `${env} is carried by the flag "${name}"; set it under flags, of the environment or of the app`;
    service.refuse(placeOfVariable(draft, service, env), message);
  }
}

type PerEnvironment<Value> = { readonly everywhere: Value } | { readonly by: Readonly<Record<string, Value>> };

/** The value that holds here, of a key that may be written by environment. */
export function valueHere<Value>(
  draft: Draft,
  service: ServiceDraft,
  key: 'count' | 'cpu' | 'memory',
  said: PerEnvironment<Value> | undefined,
): Value | undefined {
  if (said === undefined) return undefined;
  if ('everywhere' in said) return said.everywhere;
  for (const name of Object.keys(said.by)) {
    if (draft.file.environmentNames.includes(name)) continue;
    const place = draft.file.source.place(['services', service.name, key, name], 'key');
    service.refuse(place, `there is no environment "${name}"`, closest(name, draft.file.environmentNames));
  }
  return said.by[draft.environmentName];
}
