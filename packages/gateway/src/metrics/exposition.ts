import type { ServiceTraffic } from '../hold/index.ts';
import type { ProxyContext } from '../proxy/index.ts';
import type { Switchboard } from '../switchboard.ts';

const escaped = (value: string): string => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));

const labels = (pairs: Readonly<Record<string, string>>): string =>
  `{${Object.entries(pairs)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;

/**
 * Prometheus text (exposition format 0.0.4). Written by hand: the counters are plain numbers that cost a
 * request nothing, and the usual library would take 9 MB of memory.
 */
export const exposition = (board: Switchboard, context: ProxyContext): string => {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  };
  const services = [context.unrouted, ...board.services];
  const each = (
    name: string,
    values: (service: ServiceTraffic) => readonly [Record<string, string>, number][],
  ): void => {
    for (const service of services) {
      for (const [extra, value] of values(service)) {
        lines.push(`${name}${labels({ scope: service.scope, service: service.name, ...extra })} ${value}`);
      }
    }
  };

  family('baton_gateway_requests_total', 'counter', 'Answers sent to clients, by class of status.');
  each('baton_gateway_requests_total', (service) =>
    service.responses.flatMap((value, i) => (value === 0 ? [] : [[{ class: `${i}xx` }, value]])),
  );
  family('baton_gateway_failures_total', 'counter', 'Requests that failed, by who is to blame.');
  each('baton_gateway_failures_total', (service) =>
    Object.entries(service.failures).map(([fault, n]) => [{ fault }, n]),
  );
  family('baton_gateway_cut_total', 'counter', 'Requests and streams that were cut, by reason.');
  each('baton_gateway_cut_total', (service) => Object.entries(service.cuts).map(([reason, n]) => [{ reason }, n]));
  family('baton_gateway_held', 'gauge', 'Requests that wait for a release now.');
  each('baton_gateway_held', (service) => [[{}, service.hold?.waiting ?? 0]]);
  family('baton_gateway_held_seconds', 'histogram', 'How long requests were held.');
  for (const service of services) histogramLines(lines, service);
  family('baton_gateway_streams', 'gauge', 'WebSockets and event streams that are open.');
  each('baton_gateway_streams', (service) => [[{}, service.streams]]);
  family('baton_gateway_streams_total', 'counter', 'WebSockets and event streams that were opened.');
  each('baton_gateway_streams_total', (service) => [[{}, service.streamsTotal]]);
  family('baton_gateway_in_flight', 'gauge', 'Requests that a pool is answering now.');
  for (const pool of board.pools) {
    lines.push(`baton_gateway_in_flight${labels({ scope: pool.scope, pool: pool.id })} ${pool.activity().inFlight}`);
  }
  family('baton_gateway_switches_total', 'counter', 'Configurations put in force since the start.');
  lines.push(`baton_gateway_switches_total ${board.switches}`);
  family('baton_gateway_resident_memory_bytes', 'gauge', 'Resident memory of the gateway.');
  lines.push(`baton_gateway_resident_memory_bytes ${process.memoryUsage.rss()}`);
  return `${lines.join('\n')}\n`;
};

const histogramLines = (lines: string[], service: ServiceTraffic): void => {
  const { bounds, counts, sum, count } = service.heldSeconds;
  const own = { scope: service.scope, service: service.name };
  bounds.forEach((bound, i) => {
    lines.push(`baton_gateway_held_seconds_bucket${labels({ ...own, le: String(bound) })} ${counts[i]}`);
  });
  lines.push(`baton_gateway_held_seconds_bucket${labels({ ...own, le: '+Inf' })} ${count}`);
  lines.push(`baton_gateway_held_seconds_sum${labels(own)} ${sum}`);
  lines.push(`baton_gateway_held_seconds_count${labels(own)} ${count}`);
};
