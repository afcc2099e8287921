import { renderTable } from '../bench/table.ts';

/** What became of one deployment. Milliseconds. */
export interface DeploymentFigures {
  readonly release: number;
  readonly outcome: string;
  readonly exitCode: number | null;
  /** Wall time of the command. */
  readonly wallMs: number;
  /** Wall time less the programs' own starts and the configured waits: what Baton itself took. */
  readonly overheadMs: number;
  /** By the exchange: from the last order of the old holder to the first of the new. */
  readonly handoverGapMs: number | null;
  /** The same of the way back, where there was one: with the time in which the new holder failed to trade. */
  readonly returnGapMs: number | null;
}

/** What the load generator and the exchange's journal saw. Nothing in it is Baton's own word, but exit codes. */
export interface DemoReport {
  readonly ok: boolean;
  readonly requests: {
    readonly sent: number;
    readonly failed: number;
    readonly wrong: number;
    readonly maxHeldMs: number;
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly byRelease: Readonly<Record<string, number>>;
  };
  readonly streams: {
    readonly opened: number;
    readonly cut: number;
    /** Ended by the gateway at the drain deadline, and not before. */
    readonly drained: number;
    readonly messages: number;
  };
  readonly venue: {
    readonly orders: number;
    readonly overlaps: number;
    readonly staleTokens: number;
    readonly orphanOrders: number;
    readonly orphanPositions: number;
    readonly holders: number;
    /** What is still open after `baton stop`; null where the demo was kept up. */
    readonly openAfterStop: number | null;
  };
  /** The releases that came under load. Release 1 was there before the load. */
  readonly deployments: readonly DeploymentFigures[];
  /** Each promise that was broken, in words. */
  readonly broken: readonly string[];
  /** Examples of what failed, from the load generator. */
  readonly samples: readonly string[];
  readonly elapsedMs: number;
}

const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;
const gap = (value: number | null): string => (value === null ? '-' : ms(value));
const count = (value: number): string => value.toLocaleString('en');

const WHAT = new Map([
  [2, 'a better strategy'],
  [3, 'fails once it is live'],
  [4, 'daemon killed half-way'],
]);

const seen = (report: DemoReport): readonly (readonly [string, string])[] => {
  const { requests, streams, venue } = report;
  const releases = Object.entries(requests.byRelease).map(([release, sum]) => `release ${release}: ${count(sum)}`);
  return [
    ['requests sent', `${count(requests.sent)}, ${requests.perSecond} a second (${releases.join(', ')})`],
    ['requests failed', count(requests.failed)],
    ['answers wrong', count(requests.wrong)],
    [
      'longest held',
      `${ms(requests.maxHeldMs)} (p50 ${requests.p50Ms.toFixed(1)} ms, p99 ${requests.p99Ms.toFixed(1)} ms)`,
    ],
    ['streams opened', `${count(streams.opened)}, ${count(streams.messages)} messages in sequence`],
    ['streams cut', `${count(streams.cut)} (${count(streams.drained)} closed at the drain deadline)`],
    ['orders received', `${count(venue.orders)}, from ${venue.holders} holders one after the other`],
    ['two traders at once', count(venue.overlaps)],
    ['orders under an old token', count(venue.staleTokens)],
    ['orphaned orders', count(venue.orphanOrders)],
    ['orphaned positions', count(venue.orphanPositions)],
    ...(venue.openAfterStop === null ? [] : [['open after the stop', count(venue.openAfterStop)] as const]),
  ];
};

/** The end of the story, as tables for a person. */
export const renderReport = (report: DemoReport): string => {
  const rows = seen(report);
  const width = Math.max(...rows.map(([name]) => name.length));
  const deployments = report.deployments.map((one) => ({
    release: String(one.release),
    what: WHAT.get(one.release) ?? '',
    outcome: one.outcome,
    'exit code': String(one.exitCode),
    'wall time': ms(one.wallMs),
    overhead: ms(one.overheadMs),
    'handover gap': gap(one.handoverGapMs),
    'way back': gap(one.returnGapMs),
  }));
  const verdict = report.ok
    ? `Every promise was kept (${(report.elapsedMs / 1_000).toFixed(0)} s).`
    : `BROKEN:\n${[...report.broken, ...report.samples].map((line) => `  ${line}`).join('\n')}`;
  return [
    '',
    'What the clients and the exchange saw (load generator, journal of the exchange):',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    renderTable(deployments),
    'overhead: wall time less the start of the programs (until an independent probe got the first 200) and less the',
    'configured waits. handover gap: from the last order of the old holder to the first of the new, at the exchange.',
    'way back: the same from the bad release to the old one. It counts from when the bad one began to fail, and has the',
    'second in which an order of a bot that was killed may still be on its way (maxInFlight).',
    '',
    verdict,
  ].join('\n');
};
