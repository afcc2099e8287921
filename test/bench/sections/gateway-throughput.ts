import { setTimeout as sleep } from 'node:timers/promises';
import { LoadProcess } from '@baton/testkit';
import type { BenchContext } from '../context.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';
import { median, showSpread, spread } from '../statistics.ts';
import type { Contender } from '../throughput/contenders.ts';
import { startBaton, startCaddy, startHaproxy, startOrigin } from '../throughput/contenders.ts';
import type { Round } from '../throughput/rounds.ts';
import { runRounds } from '../throughput/rounds.ts';

const ROUNDS = 5;
/** Of the contenders, direct and the gateway itself. */
const OWN = 2;
const CEILING_MS = 3_000;
const CEILING_CONCURRENCY = 64;

type Rounds = ReadonlyMap<string, readonly Round[]>;

/** Throughput and latency of the gateway beside direct, HAProxy and Caddy, and the load generator's own ceiling. */
export const gatewayThroughput: BenchSection = {
  name: 'gateway-throughput',
  title: 'Gateway throughput and latency beside direct, HAProxy and Caddy',
  bounds: [
    { measure: 'batonToCaddy', atLeast: 0.9, unit: 'x', says: 'throughput of the gateway, relative to Caddy' },
    { measure: 'competitors', atLeast: 2, unit: '', says: 'proxies measured beside the gateway (HAProxy, Caddy)' },
    { measure: 'batonFailed', atMost: 0, unit: 'requests', says: 'failed through the gateway' },
    { measure: 'generatorPerSecond', atLeast: 5_000, unit: 'req/s', says: 'ceiling of the load generator on one core' },
  ],

  async run(context: BenchContext): Promise<SectionResult> {
    const wrk = context.find('wrk');
    if (wrk === undefined) {
      return { rows: [], measures: {}, notes: [], skipped: 'wrk not installed (apt-get install wrk haproxy caddy)' };
    }
    context.progress('starting the contenders');
    const origin = await startOrigin(context);
    const proxies = [
      await startBaton(context, origin),
      await startCaddy(context, origin),
      await startHaproxy(context, origin),
    ];
    const contenders = [origin, ...proxies.filter((proxy) => 'port' in proxy)];
    const missing = proxies.flatMap((proxy) => ('missing' in proxy ? [proxy.missing] : []));
    const rounds = await runRounds(context, wrk, contenders, ROUNDS);
    const ceiling = await generatorCeiling(context, origin);
    const result = {
      rows: [...contenders.map((contender) => row(contender, rounds)), ceiling.row],
      measures: { ...measures(rounds), competitors: contenders.length - OWN, generatorPerSecond: ceiling.perSecond },
      notes: notes(contenders, rounds),
    };
    return missing.length === 0 ? result : { ...result, skipped: missing.join('; ') };
  },
};

const row = ({ name }: Contender, rounds: Rounds): Row => {
  const own = rounds.get(name) ?? [];
  const of = (pick: (round: Round) => number): number => median(own.map(pick));
  return {
    contender: name,
    'req/s': Math.round(of(({ loaded }) => loaded.requestsPerSecond)),
    'of direct': showRatio(rounds, name, 'direct'),
    'of caddy': showRatio(rounds, name, 'caddy'),
    'of haproxy': showRatio(rounds, name, 'haproxy'),
    'p50 c32 ms': of(({ loaded }) => loaded.p50Ms),
    'p99 c32 ms': of(({ loaded }) => loaded.p99Ms),
    'p50 c2 ms': of(({ quiet }) => quiet.p50Ms).toFixed(3),
    'p99 c2 ms': of(({ quiet }) => quiet.p99Ms).toFixed(3),
    'cpu us/req': of(({ cpuUs }) => cpuUs).toFixed(1),
    failed: failed(own),
  };
};

/** Ratios are taken within a round, where both met the same machine. */
const ratios = (rounds: Rounds, name: string, to: string): readonly number[] => {
  const others = rounds.get(to) ?? [];
  return (rounds.get(name) ?? []).flatMap(({ loaded }, index) => {
    const other = others[index];
    return other === undefined ? [] : [loaded.requestsPerSecond / other.loaded.requestsPerSecond];
  });
};

const showRatio = (rounds: Rounds, name: string, to: string): string => {
  const values = ratios(rounds, name, to);
  return name === to || values.length === 0 ? '' : showSpread(spread(values), 2);
};

const failed = (own: readonly Round[]): number =>
  own.reduce((sum, { loaded, quiet }) => sum + loaded.failed + quiet.failed, 0);

const measures = (rounds: Rounds): Record<string, number> => {
  const figures: Record<string, number> = { batonFailed: failed(rounds.get('baton') ?? []) };
  for (const [measure, to] of [
    ['batonToDirect', 'direct'],
    ['batonToCaddy', 'caddy'],
    ['batonToHaproxy', 'haproxy'],
  ] as const) {
    const values = ratios(rounds, 'baton', to);
    if (values.length > 0) figures[measure] = median(values);
  }
  return figures;
};

const generatorCeiling = async (
  context: BenchContext,
  origin: Contender,
): Promise<{ readonly perSecond: number; readonly row: Row }> => {
  context.progress('ceiling of the load generator');
  const load = await LoadProcess.start({
    base: `http://127.0.0.1:${origin.port}`,
    pace: { kind: 'closed', concurrency: CEILING_CONCURRENCY },
    mix: { get: 1 },
  });
  context.defer(() => load.kill());
  await sleep(CEILING_MS, undefined, { signal: context.signal });
  const report = await load.stop();
  const perSecond = report.failed + report.wrong === 0 ? report.requestsPerSecond : 0;
  const name = `load generator, direct, c${CEILING_CONCURRENCY}`;
  return { perSecond, row: { contender: name, 'req/s': perSecond, failed: report.failed + report.wrong } };
};

const notes = (contenders: readonly Contender[], rounds: Rounds): readonly string[] => [
  ...contenders.map(({ name, what }) => `${name}: ${what}`),
  `${ROUNDS} interleaved rounds of wrk -t1, 2 s at -c32 and 1 s at -c2 each; medians, and ratios with their spread over the rounds`,
  'Caddy and HAProxy run as they come, on all cores; the gateway has one thread',
  ...gapToHaproxy(rounds),
];

/** Says the gap in the processor's own terms, which a busy machine distorts less than throughput. */
const gapToHaproxy = (rounds: Rounds): readonly string[] => {
  const cpuUs = (name: string): number => median((rounds.get(name) ?? []).map((round) => round.cpuUs));
  const [baton, haproxy] = [cpuUs('baton'), cpuUs('haproxy')];
  if (Number.isNaN(baton) || Number.isNaN(haproxy)) return [];
  const times = (baton / haproxy).toFixed(1);
  return [
    `the gap to HAProxy: a request costs the gateway ${baton.toFixed(0)} us of processor time and HAProxy ${haproxy.toFixed(0)} us, ${times} times less, for the same forwarding in JavaScript and in C`,
  ];
};
