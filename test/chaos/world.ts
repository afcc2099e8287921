import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedReport, AuditReport, InstanceReport, StatusReport } from '@baton/api';
import { loadApp } from '@baton/config';
import type { Outcome } from '@baton/core';
import { DaemonApi, Refused } from '../system/support/daemon-api.ts';
import { eventually } from '../system/support/eventually.ts';
import { freePorts } from '../system/support/free-port.ts';
import { isAlive, killAllOf, killNow, processesOf, type SeenProcess } from '../system/support/processes.ts';
import { VenueProcess, type Witness } from '../system/support/venue-process.ts';
import { type KillPoint, TracedProcess } from './traced-daemon.ts';

const ROOT = join(import.meta.dirname, '../..');
const UP_MS = 30_000;
const SETTLED_MS = 30_000;
const ACCOUNT = 'chaos-main';

/** How a goal ended, or that it asks a person. */
export type Ending = Outcome | 'asks';

/** Venue, daemon, gateway and the app, in one folder that goes at the end. Whoever made it is the supervisor. */
export class ChaosWorld {
  readonly dir: string;
  readonly stateDir: string;
  readonly front: string;
  readonly venue: VenueProcess;
  readonly api: DaemonApi;
  daemon: TracedProcess;
  #version = 1;
  readonly #frontPort: number;

  private constructor(dir: string, venue: VenueProcess, frontPort: number) {
    this.dir = dir;
    this.stateDir = join(dir, 'state');
    this.venue = venue;
    this.#frontPort = frontPort;
    this.front = `http://127.0.0.1:${frontPort}/`;
    this.api = new DaemonApi(join(this.stateDir, 'daemon.sock'), 'chaos', 'local');
    this.daemon = TracedProcess.daemon(this.stateDir);
  }

  /** Starts it, deploys the first release and waits until its bot has traded. */
  static async start(): Promise<ChaosWorld> {
    const dir = mkdtempSync(join(tmpdir(), 'baton-chaos-'));
    cpSync(join(import.meta.dirname, 'app'), join(dir, 'app'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'app/node_modules'));
    const [port = 0] = await freePorts(1);
    const world = new ChaosWorld(dir, await VenueProcess.start(join(dir, 'venue.jsonl')), port);
    try {
      await world.up();
      const { generation } = await world.deploy();
      await world.ended(generation);
      await world.mustTrade();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get env(): Readonly<Record<string, string>> {
    return { VENUE_URL: this.venue.url, FRONT_PORT: String(this.#frontPort), BATON_STATE_DIR: this.stateDir };
  }

  /** A daemon that runs is left alone; else one is started, and killed at the point where one is given. */
  respawn(point?: KillPoint): void {
    if (this.daemon.hasEnded) this.daemon = TracedProcess.daemon(this.stateDir, point);
  }

  /** Until the daemon answers, as its supervisor: whatever ended it, it is started again. */
  async up(): Promise<void> {
    await eventually(
      'the daemon answers',
      async () => {
        this.respawn();
        return await this.api.get('/v1/version').then(() => true);
      },
      UP_MS,
    );
  }

  /** Makes the tree another release. */
  change(): void {
    this.#version += 1;
    for (const service of ['bot', 'web']) {
      writeFileSync(join(this.dir, 'app', service, 'version.txt'), `${this.#version}\n`);
    }
  }

  async deploy(): Promise<AcceptedReport> {
    const app = loadApp({ file: join(this.dir, 'app/baton.yaml'), environment: 'local', env: this.env });
    return await this.api.deploy(app);
  }

  async status(): Promise<StatusReport> {
    return await this.api.status();
  }

  /** Runs the command line in the app's folder. */
  command(args: readonly string[], point?: KillPoint): TracedProcess {
    const options = { cwd: join(this.dir, 'app'), log: join(this.dir, 'command.log'), env: this.env };
    const main = join(ROOT, 'packages/cli/src/main.ts');
    return TracedProcess.start([main, ...args], point === undefined ? options : { ...options, point });
  }

  /** Until the goal has ended or asks, through deaths of the daemon. */
  async ended(generation: number): Promise<Ending> {
    return await eventually(
      `goal ${generation} ends`,
      async () => {
        await this.up();
        const { last } = await this.api.outcome(generation);
        return last.kind === 'asked' ? 'asks' : last.outcome;
      },
      UP_MS * 3,
    );
  }

  async witness(): Promise<Witness> {
    return await this.venue.witness(ACCOUNT);
  }

  /** The venue takes orders of whom the record calls holder. */
  async mustTrade(): Promise<void> {
    const before = (await this.witness()).accepted;
    await eventually(
      'the holder trades',
      async () => {
        const holder = (await this.status()).instances.find((one) => one.part === 'holder');
        const { accepted, holders } = await this.witness();
        return accepted > before && holders.at(-1)?.instance === holder?.instance ? true : undefined;
      },
      SETTLED_MS,
    );
  }

  /** The generation of the goal that is open, once the daemon has taken up what it finds. */
  async settledStatus(): Promise<number | undefined> {
    return await eventually(
      'the daemon says what is open',
      async () => ({ open: (await this.status()).open?.generation }),
      UP_MS,
    ).then(({ open }) => open);
  }

  /** What a person says to the question that is open, where it is still asked. */
  async answer(answer: string): Promise<void> {
    await this.api.post(this.api.at('resolve'), { answer, by: 'chaos' }).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
    });
  }

  /** Nothing runs beside what the status names: one instance of each service. */
  async mustStandAlone(): Promise<readonly InstanceReport[]> {
    return await eventually(
      'one instance of each service is left',
      async () => {
        const living = (await this.status()).instances.filter((one) => one.state !== 'dead');
        if (
          living
            .map((one) => one.service)
            .toSorted()
            .join() !== 'bot,web'
        )
          return undefined;
        return this.orphans(living).length === 0 ? living : undefined;
      },
      SETTLED_MS,
    );
  }

  /** Processes of instances that the status does not name. */
  orphans(living: readonly InstanceReport[]): readonly SeenProcess[] {
    const known = new Set(living.map((one) => Number(one.handle.split(':')[0])));
    const programs = processesOf(this.dir).filter(({ command }) => command.endsWith(' main.ts'));
    return programs.filter(({ pid }) => !known.has(pid) && isAlive(pid));
  }

  /** The journal's whole chain, computed again. @throws Error where it is broken */
  async mustVerify(): Promise<void> {
    const { verified, fault } = await this.api.get<AuditReport>(`${this.api.at('audit')}?verify=1&limit=1`);
    if (!verified || fault !== null) throw new Error(`the journal does not verify: ${JSON.stringify(fault)}`);
  }

  /** Ends the daemon that a command line started, its supervisor first. */
  async endForeignDaemons(): Promise<void> {
    for (const script of ['/supervisor.sh', '/serve/main.ts']) {
      for (const { pid, command } of processesOf(this.stateDir)) {
        if (pid !== this.daemon.pid && command.includes(script)) await killNow(pid);
      }
    }
  }

  gateway(): SeenProcess | undefined {
    return processesOf(this.stateDir).find(({ command }) => command.includes('gateway/src/main.ts'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.daemon.kill();
      await this.venue.close();
    } finally {
      await killAllOf(this.dir);
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}
