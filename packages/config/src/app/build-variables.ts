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
  return {
    ...out,
    ...baton.environment,
    ...draft.environment.environment,
    ...draft.environment.services?.[name]?.environment,
  };
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
