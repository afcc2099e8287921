import { Gauge, Registry } from 'prom-client';
import type { Host } from '../host.ts';
import { statusReport } from './status.ts';

/** The host in Prometheus' text form; built anew at each scrape, so that nothing stale is told. */
export const metricsText = async (host: Host): Promise<string> => {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[]): Gauge =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const release = gauge('baton_release', 'Number of the live release.', ['scope']);
  const healthy = gauge('baton_healthy', '1 where everything live is up and whoever must act acts.', ['scope']);
  const open = gauge('baton_goal_open', '1 while a goal is open, by its direction.', ['scope', 'direction']);
  const latched = gauge('baton_latched', '1 while the emergency stop is set.', ['scope']);
  const token = gauge('baton_token', 'Fencing token of a baton.', ['key']);
  const instances = gauge('baton_instances', 'Instances by service, slot and state.', [
    'scope',
    'service',
    'slot',
    'state',
  ]);
  const memory = gauge('process_resident_memory_bytes', 'Memory of the daemon.', []);
  memory.set(process.memoryUsage.rss());
  for (const environment of await host.environments()) {
    const status = await statusReport(environment, undefined);
    const { scope } = status;
    release.set({ scope }, status.release);
    healthy.set({ scope }, status.healthy ? 1 : 0);
    latched.set({ scope }, status.latched ? 1 : 0);
    if (status.open !== null) open.set({ scope, direction: status.open.direction }, 1);
    for (const baton of status.batons) token.set({ key: baton.key }, baton.token);
    for (const { service, slot, state } of status.instances) instances.inc({ scope, service, slot, state });
  }
  return await registry.metrics();
};
