import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '@baton/core';
import { LoadProcess } from '@baton/testkit';
import type { AccountReport } from '@baton/venue';
import type { BenchContext } from '../context.ts';
import { BenchHost, BenchVenue, ExampleApp, PROBE_ACCOUNT, probeApp } from '../host/index.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';
import { median, percentile } from '../statistics.ts';

const QUIET = 300;
const LOADED = 50;
const COLD = 10;
/** What the gateway beside the handovers carries. */
const LOAD = { ratePerSecond: 300, webSockets: 20, eventStreams: 20 } as const;
/** Enough orders of each holder that its first and last are those of a bot at work. */
const TRADING_MS = 50;
const FIRST_ORDER_BOUND_MS = 10_000;
const POLL_MS = 20;

/** Handovers of one kind: the gap at the venue, and the silence as Baton saw it. */
interface Handovers {
  readonly gapsMs: readonly number[];
  readonly quiescedMs: readonly number[];
}

/** How long nobody trades when the baton goes from one instance to the next, as the venue's journal shows it. */
export const handoverGap: BenchSection = {
  name: 'handover-gap',
  title: 'Gap of a handover at the venue, by a probe that orders every millisecond',
  targets: ['process'],
  bounds: [
    { measure: 'handovers', atLeast: QUIET, unit: '', says: 'handovers without load' },
    { measure: 'gapP50Ms', atMost: 5, unit: 'ms', says: 'gap without load, p50' },
    { measure: 'gapP99Ms', atMost: 25, unit: 'ms', says: 'gap without load, p99' },
    { measure: 'loadedHandovers', atLeast: LOADED, unit: '', says: 'handovers under load' },
    { measure: 'overlaps', atMost: 0, unit: 'orders', says: 'overlaps that the witness saw, cold and under load too' },
    { measure: 'staleTokens', atMost: 0, unit: 'orders', says: 'orders under an old token' },
    { measure: 'seededOverlapSeen', atLeast: 1, unit: 'orders', says: 'overlaps seen of one that was seeded' },
    { measure: 'loadFailed', atMost: 0, unit: 'requests', says: 'requests of the load failed or answered wrong' },
  ],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const host = await BenchHost.start(context);
    const warm = probeApp(context, 'warm', venue.url);
    (await host.deploy(warm)).mustSucceed();
    const series = new Series(context, host, venue);
    const quiet = await series.take(warm, PROBE_ACCOUNT.warm, QUIET, 'without load');
    const { loaded, failed } = await underLoad(context, host, venue, () =>
      series.take(warm, PROBE_ACCOUNT.warm, LOADED, 'under load'),
    );
    const coldApp = probeApp(context, 'cold', venue.url);
    (await host.deploy(coldApp)).mustSucceed();
    const cold = await series.take(coldApp, PROBE_ACCOUNT.cold, COLD, 'cold');

    const seen = [await venue.witness(PROBE_ACCOUNT.warm), await venue.witness(PROBE_ACCOUNT.cold)];
    const seededOverlapSeen = await seedOverlap(venue);
    const of = (pick: (report: AccountReport) => number): number => seen.reduce((sum, one) => sum + pick(one), 0);
    return {
      rows: [row('warm, without load', quiet), row('warm, under load', loaded), row('cold, stop: signal', cold)],
      measures: {
        handovers: quiet.gapsMs.length,
        gapP50Ms: percentile(quiet.gapsMs, 50),
        gapP99Ms: percentile(quiet.gapsMs, 99),
        loadedHandovers: loaded.gapsMs.length,
        loadedGapMaxMs: Math.max(...loaded.gapsMs),
        quiescedP50Ms: median(quiet.quiescedMs),
        coldGapP50Ms: median(cold.gapsMs),
        overlaps: of(({ overlaps }) => overlaps),
        staleTokens: of(({ staleTokens }) => staleTokens),
        seededOverlapSeen,
        loadFailed: failed,
      },
      notes: [
        'gap: from the last accepted order of the old holder to the first of the new, both as the venue received them',
        'quiesced: from the old holder falling silent to the new one having answered its activation, as Baton journals it',
        `each handover is a restart with a fresh process, whose predecessor is killed and seen dead; ${of(({ orders }) => orders).toLocaleString('en')} orders in all`,
        `load: ${LOAD.ratePerSecond} requests a second and ${LOAD.webSockets + LOAD.eventStreams} streams to the example through the same daemon and gateway`,
        'a cold singleton is stopped, seen dead and only then started: its gap is its own stop and start, and 50 ms for what was in flight (maxInFlight)',
        'the seeded overlap: one order under the token before the holder’s, sent straight to the venue',
      ],
    };
  },
};

/** Takes one series after the other; each reads only its own handovers from the witness. */
class Series {
  readonly #context: BenchContext;
  readonly #host: BenchHost;
  readonly #venue: BenchVenue;

  constructor(context: BenchContext, host: BenchHost, venue: BenchVenue) {
    this.#context = context;
    this.#host = host;
    this.#venue = venue;
  }

  async take(app: App, account: string, count: number, name: string): Promise<Handovers> {
    await this.#trading(account, app.name, 0);
    const before = (await this.#venue.witness(account)).handovers.length;
    const quiescedMs: number[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#context.progress(`${name}: handover ${index + 1} of ${count}`);
      const deployment = (await this.#host.restart(app)).mustSucceed();
      for (const { quiescedForMs } of deployment.entries('holder.activated')) {
        if (typeof quiescedForMs === 'number') quiescedMs.push(quiescedForMs);
      }
      await this.#trading(account, name, before + index + 1);
    }
    const { handovers } = await this.#venue.witness(account);
    return { gapsMs: handovers.slice(before).map(({ gapMs }) => gapMs), quiescedMs };
  }

  /** A goal may be committed before a cold holder has sent its first order: that is waited for, and a little work. */
  async #trading(account: string, name: string, handovers: number): Promise<void> {
    const untilMs = performance.now() + FIRST_ORDER_BOUND_MS;
    while ((await this.#venue.holdersThatTraded(account)) <= handovers) {
      if (performance.now() > untilMs)
        throw new Error(`${name}: no order of holder ${handovers + 1} within ${FIRST_ORDER_BOUND_MS} ms`);
      await sleep(POLL_MS, undefined, { signal: this.#context.signal });
    }
    await sleep(TRADING_MS, undefined, { signal: this.#context.signal });
  }
}

/** The example beside it, on the same daemon and gateway, with clients. */
const underLoad = async (
  context: BenchContext,
  host: BenchHost,
  venue: BenchVenue,
  take: () => Promise<Handovers>,
): Promise<{ readonly loaded: Handovers; readonly failed: number }> => {
  context.progress('starting the load');
  const example = await ExampleApp.create(context, venue.url, { bake: '0s', drain: '1s' });
  const app = await example.at('1');
  (await host.deploy(app)).mustSucceed();
  const load = await LoadProcess.start({
    base: example.base,
    pace: { kind: 'open', ratePerSecond: LOAD.ratePerSecond, maxInFlight: 500 },
    streams: [
      { kind: 'web-socket', open: LOAD.webSockets },
      { kind: 'event-stream', open: LOAD.eventStreams },
    ],
  });
  context.defer(() => load.kill());
  const loaded = await take();
  const report = await load.stop();
  await host.stop(app);
  return { loaded, failed: report.failed + report.wrong + report.streams.cut };
};

/** One instance that goes on under the token before the holder's: what the witness must be able to see. */
const seedOverlap = async (venue: BenchVenue): Promise<number> => {
  const { token, overlaps } = await venue.witness(PROBE_ACCOUNT.warm);
  if (token === null) throw new Error('the venue knows no token of the probe');
  await venue.order(PROBE_ACCOUNT.warm, { instance: 'seeded-by-the-bench', token: token - 1 });
  return (await venue.witness(PROBE_ACCOUNT.warm)).overlaps - overlaps;
};

const row = (handover: string, { gapsMs, quiescedMs }: Handovers): Row => {
  const show = (values: readonly number[], percent: number): string =>
    values.length === 0 ? '' : percentile(values, percent).toFixed(1);
  return {
    handover,
    n: gapsMs.length,
    'gap p50 ms': show(gapsMs, 50),
    'p90 ms': show(gapsMs, 90),
    'p99 ms': show(gapsMs, 99),
    'max ms': show(gapsMs, 100),
    'quiesced p50 ms': show(quiescedMs, 50),
    'quiesced p99 ms': show(quiescedMs, 99),
  };
};
