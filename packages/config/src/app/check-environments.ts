import type { BatonEnvironment, BatonFile } from '../baton/index.ts';
import { closest, type Problems } from '../source/index.ts';

const ECS_ONLY = ['region', 'awsAccount', 'spot', 'exec', 'rollout'] as const;
const HOST_ONLY = ['host', 'listen', 'tls'] as const;

/** What is wrong between an environment and the rest of baton.yaml; all are checked, not only the one in use. */
export function checkEnvironments(file: BatonFile, problems: Problems): void {
  for (const [name, environment] of file.environments) {
    const place = (key: string, at: 'key' | 'value' = 'key') => file.source.place(['environments', name, key], at);
    checkTargetKeys(file, name, environment, problems);
    for (const [listKey, declared] of [
      ['calendars', Object.keys(file.top.calendars ?? {})],
      ['notify', Object.keys(file.top.notify ?? {})],
    ] as const) {
      for (const [index, one] of (environment[listKey] ?? []).entries()) {
        if (declared.includes(one)) continue;
        const at = file.source.place(['environments', name, listKey, index]);
        problems.add(at, `"${one}" is not declared under ${listKey}`, closest(one, declared));
      }
    }
    for (const one of Object.keys(environment.services ?? {})) {
      if (file.serviceNames.includes(one)) continue;
      const at = file.source.place(['environments', name, 'services', one], 'key');
      problems.add(at, `there is no service "${one}"`, closest(one, file.serviceNames));
    }
    for (const [one, value] of Object.entries(environment.flags ?? {})) {
      const at = file.source.place(['environments', name, 'flags', one], 'key');
      const flag = file.top.flags?.[one];
      if (flag === undefined)
        problems.add(at, `there is no flag "${one}"`, closest(one, Object.keys(file.top.flags ?? {})));
      else if (flag.removed) problems.add(at, `the flag "${one}" was removed`);
      else if (!isOfType(flag.type ?? 'boolean', value)) {
        problems.add(
          file.source.place(['environments', name, 'flags', one]),
          `"${value}" is no ${flag.type ?? 'boolean'}`,
        );
      }
    }
    const twice = environment.listen?.find((one, index) => environment.listen?.indexOf(one) !== index);
    if (twice !== undefined) problems.add(place('listen', 'value'), `the address ${twice} stands here twice`);
  }
}

function checkTargetKeys(file: BatonFile, name: string, environment: BatonEnvironment, problems: Problems): void {
  const onEcs = environment.target === 'ecs';
  for (const key of onEcs ? HOST_ONLY : ECS_ONLY) {
    if (environment[key] === undefined) continue;
    const place = file.source.place(['environments', name, key], 'key');
    problems.add(place, `"${key}" has no meaning on target ${environment.target}`);
  }
  for (const key of ['region', 'awsAccount'] as const) {
    if (onEcs && environment[key] === undefined) {
      problems.add(file.source.place(['environments', name], 'key'), `target ecs needs "${key}"`);
    }
  }
}

/** True where the text is a value of a flag of this type. */
export function isOfType(type: 'boolean' | 'string' | 'integer', value: string): boolean {
  if (type === 'boolean') return value === 'true' || value === 'false';
  return type === 'string' || /^-?\d+$/.test(value);
}
