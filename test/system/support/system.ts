import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedReport, InstanceReport, StreamLine } from '@baton/api';
import type { LoadPlanInput } from '@baton/testkit';
import { LoadProcess } from '@baton/testkit';
import { expect } from 'vitest';
import { AppCopy } from './app-copy.ts';
import { Command, type CommandResult } from './command-line.ts';
import { DaemonApi, type End } from './daemon-api.ts';
import { DaemonProcess } from './daemon-process.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-port.ts';
import { killAllOf, processesOf } from './processes.ts';
import { VenueProcess, type Witness } from './venue-process.ts';

export const ACCOUNT = 'bluefin-main';

/** The whole of it: venue, daemon, gateway and the example, under one folder that goes at the end. */
export class System {
  readonly dir: string;
  readonly stateDir: string;
  readonly venue: VenueProcess;
  readonly app: AppCopy;
  readonly api: DaemonApi;
  /** Where clients come in. */
  readonly front: string;
  daemon: DaemonProcess;
  readonly #loads = new Set<LoadProcess>();

  private constructor(dir: string, venue: VenueProcess, app: AppCopy, daemon: DaemonProcess, front: string) {
    this.dir = dir;
    this.stateDir = join(dir, 'state');
    this.venue = venue;
    this.app = app;
    this.daemon = daemon;
    this.api = new DaemonApi(daemon.socket, 'ai-trading-bot', 'local');
    this.front = front;
  }

  /** @param prepared told of the folder before anything is started in it */
  static async start(prepared: (dir: string) => void = () => undefined): Promise<System> {
    const dir = mkdtempSync(join(tmpdir(), 'baton-system-'));
    prepared(dir);
    const [front = 0, memory = 0] = await freePorts(2);
    const [venue, daemon] = await Promise.all([
      VenueProcess.start(join(dir, 'venue.jsonl')),
      DaemonProcess.start(join(dir, 'state')),
    ]);
    const app = new AppCopy(join(dir, 'app'), { front, memory }, venue.url);
    return new System(dir, venue, app, daemon, `http://127.0.0.1:${front}`);
  }

  /** The command line in the app's folder, on this state directory. */
  command(...args: readonly string[]): Command {
    return new Command(args, this.app.dir, { ...this.app.env, BATON_STATE_DIR: this.stateDir });
  }

  async baton(...args: readonly string[]): Promise<CommandResult> {
    return await this.command(...args).result();
  }

  /** Applies the release to the tree and asks for it to be deployed. */
  async begin(release: string, onto?: string): Promise<AcceptedReport> {
    await this.app.apply(release, onto);
    return await this.api.deploy(this.app.load());
  }

  async deploy(release: string, onto?: string): Promise<End & { readonly lines: readonly StreamLine[] }> {
    return await this.api.end((await this.begin(release, onto)).generation);
  }

  /** Deploys the first release, and waits until its bot has traded. */
  async trading(release = '1'): Promise<this> {
    const end = await this.deploy(release);
    expect(end.outcome, end.summary).toBe('committed');
    await this.mustTrade();
    return this;
  }

  /** Orders that the venue took from whoever holds the baton now, after this moment. */
  async mustTrade(): Promise<InstanceReport> {
    const before = (await this.witness()).accepted;
    return await eventually('the holder trades', async () => {
      const holder = (await this.api.status()).instances.find((one) => one.part === 'holder');
      const { accepted, holders } = await this.witness();
      return accepted > before && holders.at(-1)?.instance === holder?.instance ? holder : undefined;
    });
  }

  async witness(): Promise<Witness> {
    return await this.venue.witness(ACCOUNT);
  }

  /** What every test of this folder ends with: at most one traded, and nothing is left that nobody owns. */
  async mustBeUnharmed(): Promise<Witness> {
    const witness = await this.witness();
    const { overlaps, staleTokens, orphanOrders, orphanPositions } = witness;
    expect({ overlaps, staleTokens, orphanOrders, orphanPositions }).toEqual({
      overlaps: 0,
      staleTokens: 0,
      orphanOrders: 0,
      orphanPositions: 0,
    });
    return witness;
  }

  /** The living instance of a service that carries its traffic. */
  async live(service: string): Promise<InstanceReport> {
    const { instances } = await this.api.status();
    const found = instances.find((one) => one.service === service && one.live && one.state === 'running');
    if (found === undefined) throw new Error(`${service} has no live instance: ${JSON.stringify(instances, null, 1)}`);
    return found;
  }

  async load(plan: Partial<LoadPlanInput> = {}): Promise<LoadProcess> {
    const load = await LoadProcess.start({
      base: this.front,
      pace: { kind: 'open', ratePerSecond: 100, maxInFlight: 500 },
      service: 'dashboard',
      // Shorter than any drain here, so that an end before its time is a cut.
      streams: [
        { kind: 'web-socket', open: 4, lifetimeMs: [200, 800] },
        { kind: 'event-stream', open: 4, lifetimeMs: [200, 800] },
      ],
      ...plan,
    });
    this.#loads.add(load);
    return load;
  }

  /** SIGKILL, and a new daemon on the same state. */
  async restartDaemon(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.daemon.kill();
    this.daemon = await DaemonProcess.start(this.stateDir, env);
  }

  /** @param emptied told when nothing runs in the folder any more, before it is removed */
  async [Symbol.asyncDispose](emptied: () => void = () => undefined): Promise<void> {
    for (const load of this.#loads) load.kill();
    await this.daemon.kill();
    await this.venue.close();
    await killAllOf(this.dir);
    expect(processesOf(this.dir)).toEqual([]);
    emptied();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Ends the load and demands that it saw nothing but true answers. */
export const mustBeFlawless = async (load: LoadProcess): Promise<Awaited<ReturnType<LoadProcess['stop']>>> => {
  const report = await load.stop();
  const { failed, wrong, streams } = report;
  expect({ failed, wrong, cut: streams.cut }, JSON.stringify(report.samples.slice(0, 5))).toEqual({
    failed: 0,
    wrong: 0,
    cut: 0,
  });
  expect(report.sent).toBeGreaterThan(0);
  return report;
};
