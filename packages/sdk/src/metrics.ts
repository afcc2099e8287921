import type { Identity } from './identity.ts';
import type { InFlight } from './in-flight.ts';
import type { Lifecycle } from './lifecycle.ts';

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

/** One sample in the Prometheus text format (version 0.0.4). */
export function metricLine(name: string, value: number, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

/** What every workload reports of itself. */
export function workloadMetrics(identity: Identity, lifecycle: Lifecycle, inFlight: InFlight): string {
  const { app, environment, service, slot, digest, instance } = identity;
  const labels = { app, environment, service, slot, release: String(identity.release), digest, instance };
  const waiting = inFlight.read();
  return [
    '# TYPE baton_workload_info gauge\n',
    metricLine('baton_workload_info', 1, labels),
    '# TYPE baton_workload_acting gauge\n',
    metricLine('baton_workload_acting', lifecycle.mayAct ? 1 : 0),
    '# TYPE baton_workload_token gauge\n',
    metricLine('baton_workload_token', lifecycle.record.floor),
    '# TYPE baton_workload_in_flight gauge\n',
    metricLine('baton_workload_in_flight', waiting.known ? waiting.value : Number.NaN),
    '# TYPE process_resident_memory_bytes gauge\n',
    metricLine('process_resident_memory_bytes', process.memoryUsage.rss()),
    '# TYPE process_cpu_seconds_total counter\n',
    metricLine('process_cpu_seconds_total', process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6),
    '# TYPE process_uptime_seconds gauge\n',
    metricLine('process_uptime_seconds', process.uptime()),
  ].join('');
}
