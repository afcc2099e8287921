import { setTimeout as sleep } from 'node:timers/promises';
import { LoadProcess, type LoadReport } from '@baton/testkit';
import type { AccountReport } from '@baton/venue';
import { type Deployment, type DeployOptions, deploy } from './deployment.ts';
import { FrontWatch } from './front-watch.ts';
import { loadOf } from './load.ts';
import { isAlive, processesOf } from './processes.ts';
import type { DemoReport, DeploymentFigures } from './report.ts';
import type { Stage } from './stage.ts';
import { type ConfiguredWaits, configuredWaits, overheadMs } from './waits.ts';
import { handoversAfter, Witness } from './witness.ts';

/** How long the load runs on an unchanged system, before the first switch and after the last. */
const QUIET_MS = 1_500;
/** For the first order of a holder, at the exchange. */
const FIRST_ORDER_MS = 10_000;

interface Expected {
  readonly outcome: string;
  readonly exitCode: number;
  /** Which release trades and answers afterwards. */
  readonly live: number;
}

/** The demo from its first line to its last. It judges by what clients and the exchange see. */
export class Story {
  readonly #stage: Stage;
  readonly #tell: (line: string) => void;
  readonly #witness: Witness;
  readonly #broken: string[] = [];
  readonly #figures: DeploymentFigures[] = [];
  readonly #startMs = performance.now();
  /** The token of the last holder whose handover was counted. */
  #token: number | undefined;

  constructor(stage: Stage, tell: (line: string) => void) {
    this.#stage = stage;
    this.#tell = tell;
    this.#witness = new Witness(stage.venueUrl);
  }

  /** @param keep leaves the system up, where it is stopped otherwise */
  async play(keep: boolean): Promise<DemoReport> {
    const stage = this.#stage;
    this.#say('A trading bot, its services and a small exchange, on this machine, in a folder of their own.');
    this.#say(`(${stage.dir}; dashboard on ${stage.frontUrl})`);
    const waits = await this.#first();
    const load = await this.#startLoad(waits);
    await this.#upgrade(load, waits);
    await this.#badRelease(load, waits);
    await this.#killedDaemon(load, waits);
    await this.#quiet();
    const live = await this.#witness.look();
    const seen = await load.stop();
    const openAfterStop = keep ? null : await this.#stop();
    return this.#report(seen, live, openAfterStop);
  }

  async #first(): Promise<ConfiguredWaits> {
    await this.#stage.edit('1');
    this.#title('Release 1, the first: `baton deploy local` starts the daemon, the gateway and four services');
    await this.#deploy(1, { outcome: 'committed', exitCode: 0, live: 1 });
    this.#say('The bot trades: the exchange has its first orders.');
    return configuredWaits(this.#stage);
  }

  async #startLoad(waits: ConfiguredWaits): Promise<LoadProcess> {
    const stage = this.#stage;
    const plan = loadOf(stage.frontUrl);
    const load = await LoadProcess.start(plan);
    stage.defer(() => load.kill());
    const watch = new FrontWatch(stage.frontUrl, ({ from, to, afterWallMs }) => {
      this.#say(`Clients are answered by release ${to} now, no longer by ${from}.`);
      load.noteDrain({ release: from, atWallMs: afterWallMs, deadlineMs: waits.drainMs });
    });
    stage.defer(() => watch.close());
    this.#title(
      'Load from now on: GET, POST, slow and large requests, WebSockets and event streams, every answer checked',
    );
    await this.#quiet();
    const { requestsPerSecond, failed } = await load.report();
    this.#say(`${requestsPerSecond} requests a second, ${failed} failed.`);
    return load;
  }

  async #upgrade(load: LoadProcess, waits: ConfiguredWaits): Promise<void> {
    await this.#stage.edit('2');
    this.#title(
      'Release 2, a better strategy: the bot must change over with nobody trading twice, and nobody waiting long',
    );
    const expected = { outcome: 'committed', exitCode: 0, live: 2 };
    await this.#under(load, waits, 2, expected);
  }

  async #badRelease(load: LoadProcess, waits: ConfiguredWaits): Promise<void> {
    await this.#stage.edit('3');
    this.#title('Release 3 passes every check, and fails once it trades: it must go back by itself (exit code 3)');
    const expected = { outcome: 'rolled-back', exitCode: 3, live: 2 };
    await this.#under(load, waits, 3, expected);
  }

  async #killedDaemon(load: LoadProcess, waits: ConfiguredWaits): Promise<void> {
    await this.#stage.edit('4');
    this.#title('Release 4, and in the middle of its handover the daemon is killed with SIGKILL');
    const daemon = processesOf(this.#stage.dir).find(({ part }) => part === 'daemon');
    let killed = false;
    const expected = { outcome: 'committed', exitCode: 0, live: 4 };
    await this.#under(load, waits, 4, expected, {
      onLine: ({ type, payload }) => {
        if (killed || daemon === undefined || type !== 'intent' || payload.action !== 'release-holder') return;
        process.kill(daemon.pid, 'SIGKILL');
        killed = true;
        this.#say(`The bot is being asked to give up the baton: kill -9 ${daemon.pid}. Nobody drives the deployment.`);
      },
    });
    const after = processesOf(this.#stage.dir).find(({ part }) => part === 'daemon');
    if (daemon === undefined || !killed || isAlive(daemon.pid)) this.#broken.push('the daemon was not killed');
    else if (after !== undefined)
      this.#say(`Its supervisor brought it back (pid ${after.pid}), and it finished what was begun.`);
  }

  /** One deployment under load, with the release that answers checked before and after. */
  async #under(
    load: LoadProcess,
    waits: ConfiguredWaits,
    release: number,
    expected: Expected,
    options: DeployOptions = {},
  ): Promise<void> {
    await load.expectRelease(undefined);
    const deployment = await this.#deploy(release, expected, options);
    if (deployment.outcome === expected.outcome) await load.expectRelease(String(expected.live));
    const report = await this.#witness.look();
    const handovers = handoversAfter(report, this.#token ?? 0);
    this.#token = report.token ?? this.#token;
    const [over, back] = handovers.map(({ gapMs }) => Math.round(gapMs * 10) / 10);
    if (over === undefined) this.#broken.push(`release ${release}: the exchange saw no handover`);
    else
      this.#say(
        `At the exchange: ${over} ms from the last order of the old holder to the first of release ${release}.`,
      );
    if (back !== undefined) {
      this.#say(
        `And ${back} ms from its last order to the next of release ${expected.live}: failing, noticed, killed, proven dead.`,
      );
    }
    const { outcome, exitCode, startedAt, endedAt } = deployment;
    this.#figures.push({
      release,
      outcome,
      exitCode,
      wallMs: endedAt - startedAt,
      overheadMs: Math.round(overheadMs(deployment, waits)),
      handoverGapMs: over ?? null,
      returnGapMs: back ?? null,
    });
    const { sent, failed, wrong, streams } = await load.report();
    this.#say(
      `So far ${sent.toLocaleString('en')} requests, ${failed} failed, ${wrong} wrong, ${streams.cut} streams cut; ` +
        `${report.overlaps} moments with two traders.`,
    );
  }

  async #deploy(release: number, expected: Expected, options: DeployOptions = {}): Promise<Deployment> {
    const deployment = await deploy(this.#stage, release, options);
    const { outcome, exitCode, summary, startedAt, endedAt } = deployment;
    this.#say(
      `baton deploy: ${outcome}, exit code ${exitCode}, after ${((endedAt - startedAt) / 1_000).toFixed(1)} s: ${summary}.`,
    );
    if (outcome !== expected.outcome || exitCode !== expected.exitCode) {
      this.#broken.push(
        `release ${release} ended ${outcome} with exit code ${exitCode}, not ${expected.outcome} with ${expected.exitCode}: ${summary}`,
      );
    }
    if (!(await this.#witness.trading(expected.live, FIRST_ORDER_MS, this.#stage.interrupted))) {
      this.#broken.push(`the exchange saw no order of release ${expected.live} after the deployment of ${release}`);
    }
    this.#token ??= (await this.#witness.look()).token ?? undefined;
    return deployment;
  }

  /** @returns what the exchange has open afterwards */
  async #stop(): Promise<number> {
    this.#title('baton stop: the bot closes what it has open, and everything ends');
    const child = this.#stage.baton(['stop', 'local', '--json']);
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (exitCode !== 0) this.#broken.push(`baton stop ended with exit code ${exitCode}`);
    const { openOrders, openPositions } = await this.#witness.look();
    return openOrders + openPositions;
  }

  #report(load: LoadReport, venue: AccountReport, openAfterStop: number | null): DemoReport {
    const { orders, overlaps, staleTokens, orphanOrders, orphanPositions } = venue;
    const bad: readonly (readonly [number, string])[] = [
      [load.failed, 'requests failed'],
      [load.wrong, 'answers were wrong'],
      [load.streams.cut, 'streams were cut'],
      [overlaps, 'orders of two traders at once'],
      [staleTokens, 'orders under an old token'],
      [orphanOrders, 'orphaned orders'],
      [orphanPositions, 'orphaned positions'],
      [openAfterStop ?? 0, 'orders or positions open after the stop'],
    ];
    const broken = [...bad.filter(([sum]) => sum !== 0).map(([sum, what]) => `${sum} ${what}`), ...this.#broken];
    return {
      ok: broken.length === 0,
      requests: {
        sent: load.sent,
        failed: load.failed,
        wrong: load.wrong,
        maxHeldMs: Math.round(load.maxHeldMs),
        perSecond: load.requestsPerSecond,
        p50Ms: load.p50,
        p99Ms: load.p99,
        byRelease: load.perRelease,
      },
      streams: {
        opened: load.streams.opened,
        cut: load.streams.cut,
        drained: load.streams.drained,
        messages: load.streams.messages,
      },
      venue: {
        orders,
        overlaps,
        staleTokens,
        orphanOrders,
        orphanPositions,
        holders: venue.holders.filter((one) => one.firstAcceptedAt !== null).length,
        openAfterStop,
      },
      deployments: this.#figures,
      broken,
      samples: load.samples.map(
        ({ atMs, kind, verdict, detail }) => `${atMs.toFixed(0)} ms: ${kind} ${verdict}: ${detail}`,
      ),
      elapsedMs: Math.round(performance.now() - this.#startMs),
    };
  }

  async #quiet(): Promise<void> {
    await sleep(QUIET_MS, undefined, { signal: this.#stage.interrupted });
  }

  #title(text: string): void {
    this.#tell(`\n== ${text}`);
  }

  #say(text: string): void {
    this.#tell(`${((performance.now() - this.#startMs) / 1_000).toFixed(1).padStart(5)} s  ${text}`);
  }
}
