import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { PortSpec, ResourceSpec, ServiceSpec, SmokeCheck, VolumeSpec } from '@baton/core';
import { DEFAULTS } from '../baton/index.ts';
import { PASSED_ON_KEYS } from '../compose/index.ts';
import { closest, exists } from '../source/index.ts';
import { parseDuration } from '../values/index.ts';
import { buildDependencies } from './build-dependencies.ts';
import { presetOf } from './build-environment.ts';
import { buildHealth, probeOf } from './build-health.ts';
import { buildSingleton } from './build-singleton.ts';
import { buildVariables, valueHere } from './build-variables.ts';
import { checkTarget } from './check-target.ts';
import type { Draft, ServiceDraft } from './draft.ts';

/** One service of the app, from what the two files say of it. */
export function buildService(draft: Draft, service: ServiceDraft): ServiceSpec {
  const { name, baton, compose } = service;
  const ports = portsOf(service);
  const resources = resourcesOf(draft, service);
  const singleton = buildSingleton(draft, service);
  const spec = {
    name,
    role: baton.role ?? 'replicated',
    ...(compose.image === undefined ? {} : { image: compose.image }),
    ...(compose.build === undefined ? {} : { context: compose.build.context }),
    ...(compose.build?.dockerfile === undefined ? {} : { dockerfile: compose.build.dockerfile }),
    ...(compose.entrypoint ? { entrypoint: compose.entrypoint } : {}),
    ...(compose.command ? { command: compose.command } : {}),
    ...(compose.working_dir === undefined ? {} : { workingDir: compose.working_dir }),
    ...(compose.user === undefined ? {} : { user: compose.user }),
    environment: buildVariables(draft, service),
    ports,
    dependsOn: buildDependencies(draft, service),
    replicas: replicasOf(draft, service),
    resources,
    volumes: volumesOf(draft, service),
    networks: networksOf(draft, service),
    labels: Object.fromEntries(Object.entries(compose.labels ?? {}).map(([key, value]) => [key, value ?? ''])),
    stopGraceMs: baton.stopGrace ?? compose.stop_grace_period ?? parseDuration(DEFAULTS.stopGrace) ?? 0,
    stopSignal: signalOf(compose.stop_signal ?? 'SIGTERM'),
    routes: baton.route ?? [],
    smoke: smokeOf(service, ports),
    ...(singleton === undefined ? {} : { singleton }),
    releaseFiles: releaseFilesOf(draft, service),
    ...(baton.secrets === undefined ? {} : { secrets: secretsOf(draft, service, baton.secrets) }),
    ...(baton.scale === undefined
      ? {}
      : { scale: { min: baton.scale.min, max: baton.scale.max, targetCpuShare: baton.scale.cpu ?? 0.7 } }),
    compose: passedOn(service),
  } satisfies Omit<ServiceSpec, 'health'>;
  checkTarget(draft, service, spec);
  if (spec.routes.length > 0 && ports.every((port) => port.protocol !== 'tcp')) {
    const message = `a route needs a port to go to; declare one for "${name}" in the compose file under ports or expose`;
    service.refuse(service.inBaton('route'), message);
  }
  return { ...spec, health: buildHealth(draft, service, ports, resources) };
}

/** Published ports first, as they stand; exposed ones that are not among them after. */
function portsOf({ compose }: ServiceDraft): readonly PortSpec[] {
  const known = compose.ports ?? [];
  const same = (one: PortSpec, other: PortSpec): boolean =>
    one.containerPort === other.containerPort && one.protocol === other.protocol;
  return [...known, ...(compose.expose ?? []).filter((port) => !known.some((other) => same(port, other)))];
}

function resourcesOf(draft: Draft, service: ServiceDraft): ResourceSpec {
  const { compose, baton, name } = service;
  const here = draft.environment.services?.[name];
  const limits = compose.deploy?.resources?.limits;
  const cpus = here?.cpu ?? valueHere(draft, service, 'cpu', baton.cpu) ?? limits?.cpus ?? compose.cpus;
  const memoryBytes =
    here?.memory ?? valueHere(draft, service, 'memory', baton.memory) ?? limits?.memory ?? compose.mem_limit;
  return { ...(cpus === undefined ? {} : { cpus }), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}

function replicasOf(draft: Draft, service: ServiceDraft): number {
  const { compose, baton, name } = service;
  const here = draft.environment.services?.[name]?.count ?? valueHere(draft, service, 'count', baton.count);
  const said = here ?? compose.deploy?.replicas ?? compose.scale;
  if (here === undefined && said === 0) {
    const place = service.inCompose(...(compose.deploy?.replicas === 0 ? ['deploy', 'replicas'] : ['scale']));
    service.refuse(place, `"${name}" would run nowhere; switch it off with a profile, or give it a count`);
  }
  if (baton.role === 'accessory' && (said ?? 1) > 1) {
    service.refuse(service.inBaton(), `"${name}" is an accessory, shared by all, and runs once, not ${said} times`);
  }
  const several =
    presetOf(draft.environmentName, draft.environment) === 'production' && draft.environment.target === 'ecs';
  return said ?? (several && (baton.role ?? 'replicated') === 'replicated' ? 2 : 1);
}

function volumesOf(draft: Draft, service: ServiceDraft): readonly VolumeSpec[] {
  const { compose } = service;
  const declared = draft.project.declared.volumes;
  for (const [index, volume] of (compose.volumes ?? []).entries()) {
    const missing = volume.kind === 'volume' && volume.source !== undefined && !(volume.source in declared);
    if (!missing) continue;
    const near = closest(volume.source, Object.keys(declared));
    service.refuse(
      service.inCompose('volumes', index),
      `the volume "${volume.source}" is not declared under volumes`,
      near,
    );
  }
  const inMemory = (compose.tmpfs ?? []).map(
    (target): VolumeSpec => ({ kind: 'tmpfs', target: target.split(':')[0] ?? '', readOnly: false }),
  );
  return [...(compose.volumes ?? []), ...inMemory];
}

function networksOf(draft: Draft, service: ServiceDraft): readonly string[] {
  const declared = Object.keys(draft.project.declared.networks);
  const names = Object.keys(service.compose.networks ?? {});
  for (const name of names.filter((one) => one !== 'default' && !declared.includes(one))) {
    const message = `the network "${name}" is not declared under networks`;
    service.refuse(service.inCompose('networks'), message, closest(name, declared));
  }
  return names;
}

const signalOf = (text: string): string => (text.startsWith('SIG') ? text : `SIG${text}`);

function smokeOf(service: ServiceDraft, ports: readonly PortSpec[]): readonly SmokeCheck[] {
  return (service.baton.smoke ?? []).flatMap((check, index): SmokeCheck[] => {
    if ((check.http === undefined) === (check.command === undefined)) {
      service.refuse(service.inBaton('smoke', index), `the smoke check "${check.name}" needs one of http and command`);
      return [];
    }
    if (check.command !== undefined) return [{ name: check.name, command: check.command }];
    const probe = check.http && probeOf(check.http, ports, service, ['smoke', index, 'http']);
    return probe === undefined ? [] : [{ name: check.name, http: { ...probe, status: check.status ?? 200 } }];
  });
}

/** Files of the release, absolute. Links are followed first, so that none leads out of the app's own folder. */
function releaseFilesOf(draft: Draft, service: ServiceDraft): readonly string[] {
  return (service.baton.release?.files ?? []).flatMap((file, index): string[] => {
    const place = service.inBaton('release', 'files', index);
    const path = resolve(draft.root, file);
    const inside = (where: string, root: string): boolean => where.startsWith(`${root}${sep}`);
    if (!inside(path, draft.root)) {
      service.refuse(place, `"${file}" lies outside the folder of baton.yaml; a release holds only what is in it`);
      return [];
    }
    if (!exists(path, 'any')) {
      service.refuse(place, `there is no "${file}" beside baton.yaml`);
      return [];
    }
    if (!inside(realpathSync(path), realpathSync(draft.root))) {
      service.refuse(place, `"${file}" is a link that leads out of the folder of baton.yaml`);
      return [];
    }
    return [path];
  });
}

function secretsOf(draft: Draft, service: ServiceDraft, names: readonly string[]): readonly string[] {
  const known = Object.keys(draft.file.top.secrets ?? {});
  for (const [index, name] of names.entries()) {
    if (known.includes(name) || draft.file.top.app === undefined) continue;
    const message = `the secret "${name}" is not declared under secrets`;
    service.refuse(service.inBaton('secrets', index), message, closest(name, known));
  }
  return names;
}

/** What has no place of its own in the app, for targets that know what to do with it. */
function passedOn({ compose }: ServiceDraft): Readonly<Record<string, unknown>> {
  const keys = new Set([...PASSED_ON_KEYS, 'deploy', 'networks']);
  const kept = Object.entries(compose).filter(([key, value]) => keys.has(key) && value !== undefined);
  const { context: _, dockerfile: __, ...build } = compose.build ?? {};
  return Object.fromEntries(Object.keys(build).length === 0 ? kept : [...kept, ['build', build]]);
}
