import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlantedFault } from './fixture/sample-service.ts';
import { SampleService } from './fixture/sample-service.ts';
import { LoadGenerator } from './load-generator.ts';
import type { LoadPlanInput, RequestKind } from './plan.ts';
import { loadPlan } from './plan.ts';
import type { LoadReport } from './report.ts';

const STREAMS: LoadPlanInput['streams'] = [
  { kind: 'web-socket', open: 2, lifetimeMs: [60_000, 60_000], stallMs: 5_000 },
  { kind: 'event-stream', open: 2, lifetimeMs: [60_000, 60_000], stallMs: 5_000 },
];

describe('a load generator', () => {
  let service: SampleService;
  let started: LoadGenerator[] = [];
  beforeEach(async () => {
    service = new SampleService();
    await service.start();
  });
  afterEach(async () => {
    await service.stop();
    await Promise.all(started.map((load) => load.stop()));
    started = [];
  });

  const generator = (input: Partial<LoadPlanInput> = {}): LoadGenerator => {
    const load = new LoadGenerator(
      loadPlan({
        base: service.base,
        pace: { kind: 'closed', concurrency: 4 },
        slowMs: [5, 20],
        bigMaxBytes: 400_000,
        graceMs: 1_000,
        ...input,
      }),
    );
    started.push(load);
    return load;
  };

  /** Runs until the report says so; at most 10 s. */
  const runUntil = async (load: LoadGenerator, enough: (report: LoadReport) => boolean): Promise<LoadReport> => {
    load.start();
    await vi.waitFor(() => expect(load.report()).toSatisfy(enough), { timeout: 10_000, interval: 5 });
    return load.stop();
  };

  it('finds nothing wrong with an honest service, over every kind of request and stream', async () => {
    const load = generator({ streams: STREAMS, service: 'sample' });
    const kinds: readonly RequestKind[] = ['get', 'get-close', 'post', 'slow', 'big'];
    const report = await runUntil(
      load,
      ({ perKind, streams }) => kinds.every((kind) => (perKind[kind] ?? 0) >= 3) && streams.messages > 40,
    );
    expect(report).toMatchObject({ failed: 0, wrong: 0, inFlight: 0, samples: [] });
    expect(report.sent).toBe(report.ok);
    expect(report.streams).toMatchObject({ opened: 4, completed: 4, cut: 0, wrong: 0, byRelease: { 1: 4 } });
    expect(report.perRelease[1]).toBeGreaterThan(0);
    expect(report.p99).toBeGreaterThanOrEqual(report.p50);
  });

  it('opens a stream again when its life has ended', async () => {
    const streams = STREAMS.map((stream) => ({ ...stream, lifetimeMs: [20, 40] as const }));
    const report = await runUntil(generator({ streams, pace: { kind: 'closed', concurrency: 0 } }), (seen) => {
      return seen.streams.completed >= 8;
    });
    expect(report.streams).toMatchObject({ cut: 0, wrong: 0, completed: report.streams.opened });
  });

  describe('finds an answer that is not true', () => {
    const lies: readonly (readonly [PlantedFault, RequestKind, RegExp])[] = [
      ['status-not-json', 'get', /not JSON/],
      ['status-without-release', 'get', /names no release/],
      ['wrong-echo', 'post', /echo of another body/],
      ['slow-too-early', 'slow', /answered after/],
      ['wrong-bytes', 'big', /other bytes after/],
      ['short-download', 'big', /bytes, asked for/],
    ];
    it.each(lies)('%s', async (fault, kind, detail) => {
      service.faults.add(fault);
      const load = generator({ mix: { [kind]: 1 }, slowMs: [50, 60] });
      const report = await runUntil(load, ({ wrong }) => wrong >= 3);
      expect(report.samples[0]).toMatchObject({ kind, verdict: 'wrong' });
      expect(report.samples[0]?.detail).toMatch(detail);
      expect(report).toMatchObject({ ok: 0, failed: 0, wrong: report.sent });
    });

    it('an instance that changes its release', async () => {
      const load = generator({ mix: { get: 1 } });
      load.start();
      await vi.waitFor(() => expect(load.report().ok).toBeGreaterThan(0));
      service.faults.add('changed-release');
      await vi.waitFor(() => expect(load.report().wrong).toBeGreaterThan(0));
      const report = await load.stop();
      expect(report.samples[0]?.detail).toBe('instance a1 was release 1 in blue and now says 2 in blue');
    });

    it('another release than the one that is live', async () => {
      const load = generator({ mix: { get: 1 } });
      load.start();
      await vi.waitFor(() => expect(load.report().ok).toBeGreaterThan(0));
      expect(load.report().wrong).toBe(0);
      load.expectRelease('2');
      await vi.waitFor(() => expect(load.report().wrong).toBeGreaterThan(0));
      const report = await load.stop();
      expect(report.samples[0]?.detail).toBe('answered by release 1 when only 2 was live');
    });

    it('another service than the one that was asked', async () => {
      const report = await runUntil(generator({ mix: { get: 1 }, service: 'dashboard' }), ({ wrong }) => wrong > 0);
      expect(report.samples[0]?.detail).toBe('answered by service sample, not dashboard');
    });
  });

  describe('says whose a failure was', () => {
    const failures: readonly (readonly [PlantedFault, 'gateway' | 'application', RegExp])[] = [
      ['reset', 'gateway', /ECONNRESET|UND_ERR_SOCKET/],
      ['unavailable', 'gateway', /status 503 nobody there/],
      ['silent', 'gateway', /no answer in time/],
      ['server-error', 'application', /status 500 broken release/],
      ['application-error', 'application', /status 502/],
    ];
    it.each(failures)('%s: %s', async (fault, whose, detail) => {
      service.faults.add(fault);
      const load = generator({ mix: { get: 1, 'get-close': 1 }, requestTimeoutMs: 300, graceMs: 300 });
      const report = await runUntil(load, ({ failed }) => failed >= 4);
      expect(report).toMatchObject({ ok: 0, wrong: 0, failed: report.sent });
      expect(report.byFault[whose]).toBe(report.failed);
      expect(report.samples[0]?.detail).toMatch(detail);
    });

    it('a refused connection is the gateway’s', async () => {
      await service.stop();
      const report = await runUntil(generator({ mix: { get: 1 }, streams: STREAMS }), ({ perKind }) => {
        return (perKind['stream-open'] ?? 0) >= 4 && (perKind.get ?? 0) >= 4;
      });
      expect(report.byFault).toEqual({ gateway: report.failed, application: 0, client: 0 });
      expect(report.streams.opened).toBe(0);
      await service.start();
    });

    it('an answer cut short is the gateway’s until its instance is known to have died, before or after', async () => {
      service.faults.add('truncated');
      const load = generator({ mix: { get: 1 } });
      load.start();
      await vi.waitFor(() => expect(load.report().byFault.gateway).toBeGreaterThan(2));
      load.noteDied('another');
      expect(load.report().byFault.application).toBe(0);
      load.noteDied('a1');
      const report = await load.stop();
      expect(report.byFault).toEqual({ gateway: 0, application: report.failed, client: 0 });
      expect(report.samples.every((sample) => sample.fault === 'application')).toBe(true);
    });

    it('what the plan’s own bound forbids is the client’s', async () => {
      service.faults.add('silent');
      const load = generator({
        pace: { kind: 'open', ratePerSecond: 2_000, maxInFlight: 5 },
        mix: { get: 1 },
        requestTimeoutMs: 60_000,
        graceMs: 50,
      });
      const report = await runUntil(load, ({ byFault }) => byFault.client > 20);
      expect(report.byFault).toMatchObject({ gateway: 5, application: 0 });
      expect(report.failed).toBe(report.sent);
    });
  });

  describe('follows streams', () => {
    const cases: readonly (readonly [PlantedFault, RegExp])[] = [
      ['stream-gap', /gap from 2 to 4/],
      ['stream-late-start', /gap from 0 to 2/],
      ['stream-repeat', /number 3 twice/],
    ];
    it.each(cases)('%s is wrong on both kinds', async (fault, detail) => {
      service.faults.add(fault);
      const load = generator({ streams: STREAMS, pace: { kind: 'closed', concurrency: 0 } });
      const report = await runUntil(load, ({ streams }) => streams.wrong >= 4);
      expect(report.wrong).toBe(report.streams.wrong);
      expect(new Set(report.samples.map(({ kind }) => kind))).toEqual(new Set(['web-socket', 'event-stream']));
      for (const sample of report.samples) expect(sample.detail).toMatch(detail);
    });

    it('an echo of something else is wrong', async () => {
      service.faults.add('echo-changed');
      const load = generator({ streams: STREAMS, pace: { kind: 'closed', concurrency: 0 } });
      const report = await runUntil(load, ({ streams }) => streams.wrong >= 2);
      expect(report.samples[0]?.detail).toMatch(/^echo .*awaited/);
    });

    it.each(['stream-cut', 'stream-reset'] as const)('%s is a cut on both kinds', async (fault) => {
      service.faults.add(fault);
      const load = generator({ streams: STREAMS, pace: { kind: 'closed', concurrency: 0 } });
      const kinds = (report: LoadReport): number => new Set(report.samples.map(({ kind }) => kind)).size;
      const report = await runUntil(load, (seen) => seen.streams.cut >= 4 && kinds(seen) === 2);
      expect(report.streams).toMatchObject({ closed1012: 0, drained: 0, wrong: 0 });
    });

    it('silence is a cut', async () => {
      service.faults.add('stream-silent');
      const streams = [{ kind: 'event-stream', open: 1, stallMs: 50 } as const];
      const load = generator({ streams, pace: { kind: 'closed', concurrency: 0 } });
      const report = await runUntil(load, (seen) => seen.streams.cut >= 1);
      expect(report.samples[0]?.detail).toMatch(/nothing came for 50 ms/);
    });

    it('a restart is counted apart for a singleton, and is a cut for any other', async () => {
      service.faults.add('stream-restart');
      const run = (singleton: boolean, enough: (report: LoadReport) => boolean): Promise<LoadReport> => {
        const streams = [{ kind: 'web-socket', open: 2, singleton } as const];
        return runUntil(generator({ streams, pace: { kind: 'closed', concurrency: 0 } }), enough);
      };
      const replaced = await run(true, ({ streams }) => streams.closed1012 >= 2);
      expect(replaced.streams.cut).toBe(0);
      const cut = await run(false, ({ streams }) => streams.cut >= 2);
      expect(cut.streams.closed1012).toBe(0);
    });

    it('an end after the announced deadline is a drain', async () => {
      const load = generator({ streams: STREAMS, pace: { kind: 'closed', concurrency: 0 } });
      load.start();
      await vi.waitFor(() => expect(load.report().streams.messages).toBeGreaterThan(20));
      load.noteDrain({ deadlineMs: 0 });
      service.faults.add('stream-cut');
      await vi.waitFor(() => expect(load.report().streams.drained).toBe(4));
      service.faults.delete('stream-cut');
      await load.stop();
    });
  });

  it('starts requests at its rate even when nothing is answered', async () => {
    service.faults.add('silent');
    const load = generator({
      pace: { kind: 'open', ratePerSecond: 500, maxInFlight: 10_000 },
      mix: { get: 1 },
      graceMs: 50,
    });
    const report = await runUntil(load, ({ sent }) => sent >= 100);
    expect(report.sent).toBeGreaterThanOrEqual(Math.floor(report.elapsedMs * 0.5 * 0.5));
    expect(report).toMatchObject({ ok: 0, failed: report.sent });
  });

  it('counts a stall of the target as held', async () => {
    const load = generator({ mix: { get: 1 }, pace: { kind: 'open', ratePerSecond: 200, maxInFlight: 1_000 } });
    load.start();
    await vi.waitFor(() => expect(load.report().ok).toBeGreaterThan(10));
    service.holdAnswers();
    await vi.waitFor(() => expect(load.report().inFlight).toBeGreaterThan(20));
    service.releaseAnswers();
    const report = await load.stop();
    expect(report).toMatchObject({ failed: 0, wrong: 0 });
    // At 200 requests a second, 20 in flight mean that the first of them waited for about 100 ms.
    expect(report.maxHeldMs).toBeGreaterThan(80);
  });

  it('writes one line for each request where a record is asked for', async () => {
    const recordFile = join(tmpdir(), `load-record-${process.pid}.jsonl`);
    const report = await runUntil(generator({ mix: { get: 1 }, recordFile }), ({ ok }) => ok >= 10);
    const lines = readFileSync(recordFile, 'utf8').trimEnd().split('\n');
    rmSync(recordFile);
    expect(lines).toHaveLength(report.sent);
    const first = JSON.parse(lines[0] ?? '') as Record<string, number>;
    expect(first).toMatchObject({ kind: 'get', status: 200, release: '1', verdict: 'ok' });
    expect(first.firstByteMs).toBeGreaterThanOrEqual(first.sentMs ?? Number.NaN);
    expect(first.doneMs).toBeGreaterThanOrEqual(first.firstByteMs ?? Number.NaN);
  });
});
