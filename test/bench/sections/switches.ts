import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLine } from '@baton/api';
import type { LoadReport } from '@baton/testkit';
import { LoadProcess } from '@baton/testkit';
import type { BenchContext } from '../context.ts';
import type { Deployment } from '../host/index.ts';
import { BenchHost, BenchVenue, EXAMPLE_ACCOUNT, ExampleApp } from '../host/index.ts';
import type { BenchSection, SectionResult } from '../section.ts';
import { median } from '../statistics.ts';

const SWITCHES = 50;
const REQUESTS = 200_000;
const STREAMS = 200;
/** Slow requests among them pace the load at some thousand requests a second. */
const CONCURRENCY = 16;
const DRAIN_MS = 1_000;
/** What requests may still be missing when the switches are done. */
const REST_BOUND_MS = 240_000;
const POLL_MS = 500;

/** Release after release under load: no request lost, no answer wrong, no stream cut before its drain deadline. */
export const switches: BenchSection = {
  name: 'switches',
  title: 'Switches of the example under load',
  targets: ['process'],
  bounds: [
    { measure: 'switches', atLeast: SWITCHES, unit: '', says: 'releases switched under load' },
    { measure: 'requests', atLeast: REQUESTS, unit: 'requests', says: 'sent meanwhile' },
    { measure: 'streams', atLeast: STREAMS, unit: 'streams', says: 'opened' },
    { measure: 'failed', atMost: 0, unit: 'requests', says: 'failed' },
    { measure: 'failedByGateway', atMost: 0, unit: 'requests', says: 'failed by the gateway' },
    { measure: 'wrong', atMost: 0, unit: 'answers', says: 'wrong' },
    { measure: 'cut', atMost: 0, unit: 'streams', says: 'cut before the drain deadline' },
    { measure: 'overlaps', atMost: 0, unit: 'orders', says: 'overlaps of the bot that moved with them' },
  ],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const host = await BenchHost.start(context);
    const example = await ExampleApp.create(context, venue.url, { bake: '0s', drain: `${DRAIN_MS}ms` });
    (await host.deploy(await example.at('1'))).mustSucceed();
    const load = await LoadProcess.start({
      base: example.base,
      pace: { kind: 'closed', concurrency: CONCURRENCY },
      service: 'dashboard',
      bigMaxBytes: 256 * 1024,
      streams: [
        { kind: 'web-socket', open: STREAMS / 2 },
        { kind: 'event-stream', open: STREAMS / 2 },
      ],
    });
    context.defer(() => load.kill());
    const deployments: Deployment[] = [];
    for (let index = 0; index < SWITCHES; index += 1) {
      context.progress(`switch ${index + 1} of ${SWITCHES}`);
      deployments.push(await switchUnderLoad(host, example, load, index % 2 === 0 ? '2' : '1'));
    }
    await reach(context, load);
    const report = await load.stop();
    return result(deployments, report, (await venue.witness(EXAMPLE_ACCOUNT)).overlaps);
  },
};

/** From its first step until it is committed any release may answer; after it only the new one. */
const switchUnderLoad = async (
  host: BenchHost,
  example: ExampleApp,
  load: LoadProcess,
  release: string,
): Promise<Deployment> => {
  const app = await example.at(release);
  await load.expectRelease(undefined);
  const deployment = await host.deploy(app, (line) => announceDrain(load, line));
  deployment.mustSucceed();
  await load.expectRelease(String(deployment.release));
  return deployment;
};

/** Streams of the release before may end when its drain deadline has passed, counted from the switch. */
const announceDrain = (load: LoadProcess, line: StreamLine): void => {
  if (line.kind !== 'journal' || line.type !== 'traffic.switched') return;
  const { wallMs } = line.payload.at as { readonly wallMs: number };
  load.noteDrain({ atWallMs: wallMs, deadlineMs: DRAIN_MS });
};

/** Goes on with the load where the switches took less time than the requests. */
const reach = async (context: BenchContext, load: LoadProcess): Promise<void> => {
  const untilMs = performance.now() + REST_BOUND_MS;
  for (let { sent } = await load.report(); sent < REQUESTS; { sent } = await load.report()) {
    if (performance.now() > untilMs) return;
    context.progress(`${sent.toLocaleString('en')} of ${REQUESTS.toLocaleString('en')} requests`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
};

const result = (deployments: readonly Deployment[], report: LoadReport, overlaps: number): SectionResult => {
  const { streams, byFault } = report;
  const held = deployments.flatMap((one) =>
    one.entries('traffic.switched').flatMap(({ maxHeldMs }) => (typeof maxHeldMs === 'number' ? [maxHeldMs] : [])),
  );
  return {
    rows: [
      { what: 'requests', count: report.sent, failed: report.failed, wrong: report.wrong - streams.wrong },
      ...Object.entries(report.perKind).map(([kind, count]) => ({ what: `  ${kind}`, count })),
      { what: 'streams', count: streams.opened, failed: streams.cut, wrong: streams.wrong },
      { what: '  lived as long as they were to', count: streams.completed },
      { what: '  closed at the drain deadline', count: streams.drained },
      { what: '  messages', count: streams.messages },
    ],
    measures: {
      switches: deployments.length,
      requests: report.sent,
      streams: streams.opened,
      failed: report.failed,
      failedByGateway: byFault.gateway,
      failedByApplication: byFault.application,
      failedByClient: byFault.client,
      wrong: report.wrong,
      cut: streams.cut,
      overlaps,
      maxHeldMs: report.maxHeldMs,
      switchWallP50Ms: Math.round(median(deployments.map(({ wallMs }) => wallMs))),
    },
    notes: [
      `failures by whose they were: the gateway's ${byFault.gateway}, the application's ${byFault.application}, the client's ${byFault.client}`,
      `${report.requestsPerSecond} requests a second from ${CONCURRENCY} clients, p50 ${report.p50.toFixed(1)} ms, p99 ${report.p99.toFixed(1)} ms, longest wait for a first byte ${report.maxHeldMs.toFixed(0)} ms`,
      `${STREAMS} streams open at a time, half WebSockets, half event streams; each switch drains for ${DRAIN_MS} ms`,
      `a deployment took ${(median(deployments.map(({ wallMs }) => wallMs)) / 1_000).toFixed(1)} s (median), drain included; bot and dashboard move each time; requests were held for at most ${Math.max(0, ...held).toFixed(0)} ms`,
      ...report.samples
        .slice(0, 5)
        .map(({ kind, verdict, fault, detail }) => `${verdict} ${kind} (${fault ?? ''}): ${detail}`),
    ],
  };
};
