import { setTimeout as sleep } from 'node:timers/promises';
import { LoadProcess } from '@baton/testkit';
import type { BenchContext } from '../context.ts';
import type { Deployment } from '../host/index.ts';
import { BenchHost, BenchVenue, EXAMPLE_ACCOUNT, ExampleApp } from '../host/index.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';

/** What the message must name: the layer that saw it, and what it saw. */
const BAD: readonly { readonly release: string; readonly layer: RegExp; readonly evidence: RegExp }[] = [
  { release: 'bad-exits', layer: /process/i, evidence: /code 1|exit/i },
  { release: 'bad-never-listens', layer: /endpoint/i, evidence: /refused|nothing listens|no answer/i },
  { release: 'bad-fails-health', layer: /endpoint/i, evidence: /503|model could not be loaded/i },
  { release: 'bad-wrong-release', layer: /identity/i, evidence: /9999/ },
  { release: 'bad-crash-loops', layer: /process/i, evidence: /restart|code 1|exit/i },
  { release: 'bad-leaks-memory', layer: /resource|memory/i, evidence: /MB|MiB|bytes|%/ },
  { release: 'bad-logs-errors', layer: /log/i, evidence: /\d+.*error|error.*\d+/i },
];
const ROLLED_BACK = 3;
const LOAD = { ratePerSecond: 100, webSockets: 10, eventStreams: 10 } as const;
/** Long enough that a leak of 120 MB/s passes its threshold, and errors their rate. */
const TIMINGS = { bake: '8s', drain: '1s' } as const;
const DRAIN_MS = 1_000;
const TRADING_BOUND_MS = 10_000;
const POLL_MS = 50;

/** Releases that must not stay: each goes back by itself, while clients and the venue notice nothing. */
export const badReleases: BenchSection = {
  name: 'bad-releases',
  title: 'Bad releases, each under load',
  targets: ['process'],
  bounds: [
    { measure: 'rolledBack', atLeast: BAD.length, unit: 'releases', says: 'ended with exit code 3' },
    { measure: 'trading', atLeast: BAD.length, unit: 'releases', says: 'after which the old one was live and traded' },
    { measure: 'explained', atLeast: BAD.length, unit: 'releases', says: 'whose message names layer and evidence' },
    { measure: 'failed', atMost: 0, unit: 'requests', says: 'failed or answered wrong' },
    { measure: 'cut', atMost: 0, unit: 'streams', says: 'cut before the drain deadline' },
    { measure: 'overlaps', atMost: 0, unit: 'orders', says: 'overlaps' },
  ],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const host = await BenchHost.start(context);
    const example = await ExampleApp.create(context, venue.url, TIMINGS);
    (await host.deploy(await example.at('1'))).mustSucceed();
    const load = await LoadProcess.start({
      base: example.base,
      pace: { kind: 'open', ratePerSecond: LOAD.ratePerSecond, maxInFlight: 1_000 },
      service: 'dashboard',
      streams: [
        { kind: 'web-socket', open: LOAD.webSockets },
        { kind: 'event-stream', open: LOAD.eventStreams },
      ],
    });
    context.defer(() => load.kill());
    const endings: Ending[] = [];
    for (const bad of BAD) {
      context.progress(bad.release);
      endings.push(await attempt({ context, host, venue, example, load }, bad));
    }
    const report = await load.stop();
    const count = (is: (ending: Ending) => boolean): number => endings.filter(is).length;
    return {
      rows: endings.map(row),
      measures: {
        rolledBack: count(({ deployment }) => deployment.exitCode === ROLLED_BACK),
        trading: count(({ trades }) => trades),
        explained: count(({ explained }) => explained),
        failed: report.failed + report.wrong,
        cut: report.streams.cut,
        overlaps: (await venue.witness(EXAMPLE_ACCOUNT)).overlaps,
      },
      notes: [
        ...endings.map(({ release, deployment }) => `${release}: ${deployment.summary}`),
        `${report.sent.toLocaleString('en')} requests and ${report.streams.opened} streams meanwhile; bot and dashboard both move and go back; failures: the gateway's ${report.byFault.gateway}, the application's ${report.byFault.application}, the client's ${report.byFault.client}`,
        ...report.samples
          .slice(0, 5)
          .map(({ kind, verdict, fault, detail }) => `${verdict} ${kind} (${fault ?? ''}): ${detail}`),
      ],
    };
  },
};

interface Scene {
  readonly context: BenchContext;
  readonly host: BenchHost;
  readonly venue: BenchVenue;
  readonly example: ExampleApp;
  readonly load: LoadProcess;
}

interface Ending {
  readonly release: string;
  readonly deployment: Deployment;
  /** The release before is live, and its orders go on at the venue. */
  readonly trades: boolean;
  readonly explained: boolean;
}

/** Deploys a bad release over the good one, on top of another good one so that the dashboard moves too. */
const attempt = async (scene: Scene, bad: (typeof BAD)[number]): Promise<Ending> => {
  const { host, example, load } = scene;
  const good = (await host.api.status(await example.at('1'))).release;
  const app = await example.at(bad.release, '2');
  await load.expectRelease(undefined);
  const deployment = await host.deploy(app, (line) => {
    if (line.kind !== 'journal' || line.type !== 'traffic.switched') return;
    const { wallMs } = line.payload.at as { readonly wallMs: number };
    load.noteDrain({ atWallMs: wallMs, deadlineMs: DRAIN_MS });
  });
  const { summary } = deployment;
  const explained = bad.layer.test(summary) && bad.evidence.test(summary);
  if (deployment.end === undefined) return { release: bad.release, deployment, trades: false, explained };
  const live = (await host.api.status(app)).release;
  return { release: bad.release, deployment, trades: live === good && (await ordersGoOn(scene, good)), explained };
};

/** True when an order of the release arrives now, and not before. */
const ordersGoOn = async ({ context, venue }: Scene, release: number): Promise<boolean> => {
  const last = async (): Promise<number> => {
    const { holders } = await venue.witness(EXAMPLE_ACCOUNT);
    return Math.max(0, ...holders.filter((one) => one.release === release).map((one) => one.lastAcceptedAt ?? 0));
  };
  const before = await last();
  for (const untilMs = performance.now() + TRADING_BOUND_MS; performance.now() < untilMs; ) {
    if ((await last()) > before) return true;
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
  return false;
};

const row = ({ release, deployment, trades, explained }: Ending): Row => ({
  release,
  'exit code': deployment.exitCode,
  seconds: (deployment.wallMs / 1_000).toFixed(1),
  'old one trades': trades ? 'yes' : 'no',
  'says why': explained ? 'yes' : 'no',
});
