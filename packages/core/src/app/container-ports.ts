import type { ServiceSpec } from './service.ts';

/** The port a workload listens on where its service declares none but something must reach it. */
const FALLBACK_PORT = 8080;

/**
 * The container ports of a service, the main one first: what it declares, then what its checks name.
 * Empty for a service that nobody needs to reach.
 */
export const containerPorts = (spec: ServiceSpec): readonly number[] => {
  const ports = new Set(spec.ports.map((port) => port.containerPort));
  if (spec.health.http !== undefined) ports.add(spec.health.http.port);
  for (const check of spec.smoke) if (check.http !== undefined) ports.add(check.http.port);
  const spoken = spec.singleton !== undefined && (spec.singleton.stop === 'http' || spec.singleton.start === 'warm');
  if (ports.size === 0 && (spoken || spec.routes.length > 0)) ports.add(FALLBACK_PORT);
  return [...ports];
};
