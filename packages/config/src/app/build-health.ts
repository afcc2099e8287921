import type { HealthSpec, HttpProbeSpec, PortSpec, ResourceSpec } from '@baton/core';
import { type BatonHealth, DEFAULTS } from '../baton/index.ts';
import { closest, type Path } from '../source/index.ts';
import { type ProbeAddress, parseDuration } from '../values/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

const ms = (text: string): number => parseDuration(text) ?? 0;

/** The layers of health: baton.yaml over the compose healthcheck, and the variables of the shell over both. */
export function buildHealth(
  draft: Draft,
  service: ServiceDraft,
  ports: readonly PortSpec[],
  resources: ResourceSpec,
): HealthSpec {
  const said: BatonHealth = service.baton.health ?? {};
  const check = service.compose.healthcheck;
  checkLayers(draft, service, said, resources);
  checkReach(draft, service, said.reach ?? []);
  const tested = check?.disable === true || check?.test === 'none' ? undefined : check?.test;
  const command = said.command ?? said.check ?? tested;
  const http = said.http === undefined ? undefined : probeOf(said.http, ports, service, ['health', 'http']);
  return {
    ...(http === undefined ? {} : { http }),
    ...(command === undefined ? {} : { command }),
    successes: said.successes ?? DEFAULTS.successes,
    retries: draft.overrides.retries ?? said.retries ?? check?.retries ?? DEFAULTS.retries,
    intervalMs: draft.overrides.intervalMs ?? said.interval ?? check?.interval ?? ms(DEFAULTS.interval),
    timeoutMs: said.timeout ?? check?.timeout ?? ms(DEFAULTS.timeout),
    startPeriodMs: said.startPeriod ?? check?.start_period ?? ms(DEFAULTS.startPeriod),
    ...(said.logErrorsPerMinute === undefined ? {} : { logErrorsPerMinute: said.logErrorsPerMinute }),
    ...(said.memory === undefined ? {} : { memory: said.memory }),
    ...(said.cpu === undefined ? {} : { cpuShare: said.cpu }),
    reach: said.reach ?? [],
    maxRestarts: said.maxRestarts ?? DEFAULTS.maxRestarts,
    ...(said.alarms === undefined ? {} : { alarms: said.alarms }),
  };
}

function checkLayers(draft: Draft, service: ServiceDraft, said: BatonHealth, resources: ResourceSpec): void {
  if (said.check !== undefined && said.command !== undefined) {
    service.refuse(service.inBaton('health', 'check'), '"check" and "command" are one thing; keep one of them');
  }
  const share = said.memory !== undefined && 'share' in said.memory;
  if (share && resources.memoryBytes === undefined) {
    const message = `a share of the memory needs a limit, and "${service.name}" has none; give it memory: 512m, or a size here`;
    service.refuse(service.inBaton('health', 'memory'), message);
  }
  if (said.alarms !== undefined && draft.environment.target !== 'ecs') {
    service.warn(`alarms are judged on ecs only, not on ${draft.environment.target}`);
  }
}

/** A probe with its port filled in; undefined, and told, where the service has no such port. */
export function probeOf(
  probe: ProbeAddress,
  ports: readonly PortSpec[],
  service: ServiceDraft,
  path: Path,
): HttpProbeSpec | undefined {
  const known = ports.filter((port) => port.protocol === 'tcp').map((port) => port.containerPort);
  const port = probe.port ?? known[0];
  if (port !== undefined && known.includes(port)) return { port, path: probe.path };
  const message =
    known.length === 0
      ? `"${service.name}" has no port to ask; declare it in the compose file under ports or expose`
      : `${port} is no port of "${service.name}" (${known.join(', ')}); declare it in the compose file under ports or expose`;
  const near = port === undefined ? undefined : closest(String(port), known.map(String));
  service.refuse(service.inBaton(...path), message, near === undefined ? undefined : `${near}${probe.path}`);
  return undefined;
}

/** An address that names a service of the app must name a port of it; any other host is left to the check itself. */
function checkReach(draft: Draft, service: ServiceDraft, reach: readonly string[]): void {
  for (const [index, address] of reach.entries()) {
    const [host = '', port] = address.split(':');
    const place = service.inBaton('health', 'reach', index);
    const peer = draft.project.services.get(host)?.service;
    if (peer !== undefined) {
      const known = [...(peer.ports ?? []), ...(peer.expose ?? [])].map((spec) => String(spec.containerPort));
      if (known.length > 0 && !known.includes(port ?? '')) {
        service.refuse(
          place,
          `${port} is no port of "${host}" (${known.join(', ')})`,
          `${host}:${closest(port ?? '', known) ?? known[0]}`,
        );
      }
    } else if (!host.includes('.') && host !== 'localhost') {
      const near = closest(host, draft.project.names);
      if (near !== undefined) service.refuse(place, `there is no service "${host}"`, `${near}:${port}`);
    }
  }
}
