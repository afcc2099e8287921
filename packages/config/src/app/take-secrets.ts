import type { ServiceSpec } from '@baton/core';
import type { Draft } from './draft.ts';

type Values = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface WithoutSecrets {
  readonly services: readonly ServiceSpec[];
  /** By service and name; undefined where there are none. */
  readonly values: Values | undefined;
}

/**
 * Takes the values of declared secrets out of what becomes a release. On the target `process` they come from
 * the service's own variables, else from the shell or `.env`; another target has a store of its own.
 */
export function takeSecrets(draft: Draft, services: readonly ServiceSpec[]): WithoutSecrets {
  const declared = Object.keys(draft.file.top.secrets ?? {});
  if (declared.length === 0 || draft.environment.target !== 'process') return { services, values: undefined };
  const values: Record<string, Record<string, string>> = {};
  const missing = new Set<string>();
  const stripped = services.map((spec): ServiceSpec => {
    const given = spec.secrets ?? declared;
    const environment = Object.fromEntries(
      Object.entries(spec.environment).filter(([name]) => !declared.includes(name)),
    );
    const own: Record<string, string> = {};
    for (const name of given) {
      const value = spec.environment[name] ?? draft.lookup(name);
      if (value === undefined || value === '') missing.add(name);
      else own[name] = value;
    }
    values[spec.name] = own;
    return { ...spec, environment, secrets: given };
  });
  for (const name of missing) {
    const message = `the secret "${name}" has no value here: the target process takes it from the shell or from .env; set ${name}, or say under services which secrets each is given`;
    draft.problems.add(draft.file.source.place(['secrets', name], 'key'), message);
  }
  return { services: stripped, values };
}
