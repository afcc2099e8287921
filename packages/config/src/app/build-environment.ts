import { resolve } from 'node:path';
import type { EcsEnvironmentSpec, EnvironmentSpec, StrategySpec, TlsSpec } from '@baton/core';
import { type BatonEnvironment, DEFAULT_ACME_DIRECTORY, DEFAULTS } from '../baton/index.ts';
import { exists } from '../source/index.ts';
import { parseAddress, parseDuration } from '../values/index.ts';
import type { Draft } from './draft.ts';

export type Preset = 'dev' | 'staging' | 'production' | 'none';

const BY_NAME: Readonly<Record<string, Preset>> = {
  dev: 'dev',
  development: 'dev',
  staging: 'staging',
  prod: 'production',
  production: 'production',
};

/** The kind of an environment: what it says, else what its name says. */
export const presetOf = (name: string, environment: BatonEnvironment): Preset =>
  environment.preset ?? BY_NAME[name] ?? 'none';

/** The environment that is deployed to, with every default filled in. */
export function buildEnvironment(draft: Draft): EnvironmentSpec {
  const { environment, environmentName: name } = draft;
  const preset = presetOf(name, environment);
  const onEcs = environment.target === 'ecs';
  const tls = tlsOf(draft);
  return {
    name,
    target: environment.target,
    ...(environment.host === undefined ? {} : { host: environment.host }),
    listen: environment.listen ?? defaultListen(draft),
    ...(environment.region === undefined ? {} : { region: environment.region }),
    ...(environment.awsAccount === undefined ? {} : { awsAccount: environment.awsAccount }),
    tags: environment.tags ?? (onEcs && preset === 'production' ? 'semver' : 'any'),
    approvals: environment.approvals ?? 0,
    strategy: strategyOf(draft),
    preset: environment.services ?? {},
    ...(tls === undefined ? {} : { tls }),
    ...(onEcs ? { ecs: ecsOf(environment, preset) } : {}),
  };
}

function strategyOf(draft: Draft): StrategySpec {
  const { environment, overrides } = draft;
  const { strategy } = draft.file.top;
  const ms = (key: 'bake' | 'drain' | 'hold' | 'rollbackTimeout' | 'gateTimeout'): number =>
    environment[key] ?? strategy?.[key] ?? parseDuration(DEFAULTS[key]) ?? 0;
  return {
    bakeMs: overrides.bakeMs ?? ms('bake'),
    drainMs: ms('drain'),
    holdMs: ms('hold'),
    rollbackTimeoutMs: overrides.rollbackTimeoutMs ?? ms('rollbackTimeout'),
    gateTimeoutMs: ms('gateTimeout'),
  };
}

/** A route needs a door; without one of its own there is one on this machine alone, on a port that no service has. */
function defaultListen(draft: Draft): readonly string[] {
  const routed = [...draft.file.services.values()].some((service) => (service.route ?? []).length > 0);
  const door = parseAddress(DEFAULTS.listen);
  if (!routed || door === undefined || draft.environment.target === 'ecs') return [];
  const specs = [...draft.project.services.values()].flatMap(({ service }) => service.ports ?? []);
  const taken = new Set(specs.map((spec) => spec.published?.port));
  let { port } = door;
  while (taken.has(port)) port += 1;
  return [`${door.host}:${port}`];
}

const ecsOf = (environment: BatonEnvironment, preset: Preset): EcsEnvironmentSpec => ({
  spot: environment.spot ?? preset === 'dev',
  exec: environment.exec ?? (preset === 'dev' || preset === 'staging'),
  rollout: environment.rollout ?? 'blue-green',
});

function tlsOf(draft: Draft): TlsSpec | undefined {
  const { tls } = draft.environment;
  if (tls === undefined) return undefined;
  const place = (...path: string[]) => draft.file.source.place(['environments', draft.environmentName, 'tls', ...path]);
  if (tls.acme !== undefined) {
    if (tls.certificate !== undefined || tls.key !== undefined) {
      draft.problems.add(place(), 'a certificate comes from files or by acme, not both');
    }
    return { kind: 'acme', email: tls.acme.email, directoryUrl: tls.acme.directory ?? DEFAULT_ACME_DIRECTORY };
  }
  if (tls.certificate === undefined || tls.key === undefined) {
    draft.problems.add(place(), 'tls needs certificate and key, or acme');
    return undefined;
  }
  const certificate = resolve(draft.root, tls.certificate);
  const key = resolve(draft.root, tls.key);
  // On another machine the files are looked for there.
  if (draft.environment.host === undefined) {
    if (!exists(certificate, 'file'))
      draft.problems.add(place('certificate'), `there is no file ${draft.show(certificate)}`);
    if (!exists(key, 'file')) draft.problems.add(place('key'), `there is no file ${draft.show(key)}`);
  }
  return { kind: 'files', certificate, key };
}
