import type { ServiceSpec } from '@baton/core';
import { PASSED_ON_KEYS } from '../compose/index.ts';
import { exists } from '../source/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

/** Compose keys that Baton reads and that a bare process cannot be given. */
const NO_EFFECT_ON_PROCESS = ['volumes', 'tmpfs', 'networks', 'user'] as const;
/** Among the keys that are handed on, those whose absence changes nothing for anybody. */
const NEVER_MISSED: ReadonlySet<string> = new Set(['annotations', 'attach', 'container_name', 'develop']);
/** What Baton's own strategy and supervision stand in for. */
const DEPLOY_READ: ReadonlySet<string> = new Set(['mode', 'replicas', 'resources', 'labels']);

/** Everything of the compose service that a process is not given, by its path there. */
const withoutEffect = (compose: ServiceDraft['compose']): readonly string[] => {
  const present = (key: string): boolean => (compose as Readonly<Record<string, unknown>>)[key] !== undefined;
  const handedOn = PASSED_ON_KEYS.filter((key) => !NEVER_MISSED.has(key));
  const { deploy = {}, build = {} } = compose;
  const said = (mapping: object): readonly string[] =>
    Object.entries(mapping).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  return [
    ...[...NO_EFFECT_ON_PROCESS, ...handedOn].filter(present),
    ...said(deploy).flatMap((key) => (DEPLOY_READ.has(key) ? [] : [`deploy.${key}`])),
    ...(deploy.resources?.limits?.pids === undefined ? [] : ['deploy.resources.limits.pids']),
    ...(deploy.resources?.reservations === undefined ? [] : ['deploy.resources.reservations']),
    // A Dockerfile is never read here, so neither is what it would be built with.
    ...said(build).flatMap((key) => (key === 'context' || key === 'dockerfile' ? [] : [`build.${key}`])),
  ];
};

/** Refuses what the target of this environment cannot do. */
export function checkTarget(draft: Draft, service: ServiceDraft, spec: Omit<ServiceSpec, 'health'>): void {
  if (draft.environment.target === 'process') checkProcess(draft, service, spec);
  else if (spec.image === undefined && spec.context === undefined) {
    service.refuse(
      service.inCompose(),
      `"${spec.name}" has neither image nor build; ${draft.environment.target} needs one`,
    );
  }
  if (draft.environment.target !== 'ecs' && service.baton.scale !== undefined) {
    service.refuse(
      service.inBaton('scale'),
      `"scale" has a meaning on ecs only; give a fixed count for ${draft.environment.target}`,
    );
  }
}

function checkProcess(draft: Draft, service: ServiceDraft, spec: Omit<ServiceSpec, 'health'>): void {
  const { compose, name } = service;
  if (compose.build === undefined) {
    const has = spec.image === undefined ? 'has no build' : 'has an image and no build';
    const message = `"${name}" ${has}: the target process runs a command from a build context. Give it build and command, or deploy to target: docker`;
    service.refuse(service.inCompose(...(spec.image === undefined ? [] : ['image'])), message);
  } else if (!exists(compose.build.context, 'folder')) {
    const message = `the build context ${draft.show(compose.build.context)} is no folder on this machine`;
    service.refuse(service.inCompose('build'), message);
  }
  if (compose.build !== undefined && spec.command === undefined && spec.entrypoint === undefined) {
    const message = `"${name}" has no command: the target process reads no Dockerfile and must be told what to run`;
    service.refuse(service.inCompose(), message);
  }
  for (const port of spec.ports) {
    if (spec.role !== 'accessory' && port.protocol === 'udp' && port.published !== undefined) {
      const message = `UDP port ${port.published.port} of "${name}" cannot be switched without loss: the gateway carries HTTP over TCP only`;
      service.refuse(service.inCompose('ports'), message);
    }
  }
  const { memoryBytes, cpus } = spec.resources;
  if (memoryBytes !== undefined || cpus !== undefined) {
    service.warn(
      'limits of memory and CPU are kept on target process only where it has a cgroup of its own; elsewhere they are what "health" measures against',
    );
  }
  const lost = withoutEffect(compose);
  if (lost.length > 0) service.warn(`without effect on target process: ${lost.join(', ')}`);
}
