import type { ServiceSpec } from '@baton/core';
import { exists } from '../source/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

/** Compose keys that a bare process cannot be given and that somebody may rely on. */
const NO_EFFECT_ON_PROCESS = [
  'volumes',
  'tmpfs',
  'devices',
  'cap_add',
  'cap_drop',
  'read_only',
  'secrets',
  'configs',
  'ulimits',
  'sysctls',
  'security_opt',
  'shm_size',
  'extra_hosts',
] as const;

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
  const lost = NO_EFFECT_ON_PROCESS.filter((key) => compose[key] !== undefined);
  if (lost.length > 0) service.warn(`without effect on target process: ${lost.join(', ')}`);
}
