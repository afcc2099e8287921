import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyRelease } from '../../examples/ai-trading-bot/apply-release.ts';
import { takeDown } from './take-down.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BATON = join(ROOT, 'bin/baton');
const VENUE_START_MS = 10_000;
const POLL_MS = 10;
/** The shell wins over `.env`: what whoever runs the demo has set must not change its ports, times or daemon. */
const FOREIGN =
  /^(?:BATON_.*|HEALTH_CHECK_(?:RETRIES|INTERVAL)|MIGRATION_GRACE_PERIOD|ROLLBACK_TIMEOUT|DASHBOARD_PORT|MEMORY_PORT|VENUE_URL|TICK_MS|MARKET_POLL_MS)$/;

/** Free ports of 127.0.0.1, all different: each stays taken until the last is found. */
const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
};

/** A folder of its own with a copy of the example, whose tree is edited; free ports; the exchange. */
export class Stage {
  readonly dir: string;
  readonly interrupted: AbortSignal;
  readonly appDir: string;
  /** How a user of this folder calls Baton. */
  readonly batonCommand = BATON;
  /** Known once it is open, as the next. */
  frontUrl = '';
  venueUrl = '';
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();
  readonly #undo: (() => unknown)[] = [];

  constructor(interrupted: AbortSignal) {
    this.interrupted = interrupted;
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'baton-demo-')));
    this.appDir = join(this.dir, 'app');
    this.#env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  }

  /**
   * Chooses the ports, writes them where the example reads them, and starts the exchange.
   * @throws Error where the exchange does not come up
   */
  async open(): Promise<void> {
    const [front = 0, memory = 0, venue = 0] = await freePorts(3);
    this.frontUrl = `http://127.0.0.1:${front}`;
    this.venueUrl = `http://127.0.0.1:${venue}`;
    // In a file, so that whoever goes on by hand after --keep has the same.
    const settings = {
      DASHBOARD_PORT: front,
      MEMORY_PORT: memory,
      VENUE_URL: this.venueUrl,
      TICK_MS: 25,
      MARKET_POLL_MS: 50,
    };
    mkdirSync(this.appDir);
    writeFileSync(
      join(this.appDir, '.env'),
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    await this.#startVenue(venue);
  }

  /** Edits the tree, as a developer would between two deployments. */
  async edit(release: string): Promise<void> {
    this.interrupted.throwIfAborted();
    await applyRelease(release, this.appDir);
  }

  /** Runs the command line as a user would, in the app's folder. */
  baton(args: readonly string[]): ChildProcess {
    this.interrupted.throwIfAborted();
    const child = spawn(BATON, args, { cwd: this.appDir, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** Undone before everything is taken down, last first. */
  defer(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  /**
   * Takes everything down, whatever state it is in. Once.
   * @returns who had to be killed
   */
  async close(): Promise<readonly string[]> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) await undo();
    for (const child of this.#children) child.kill('SIGKILL');
    return takeDown(this.dir);
  }

  async #startVenue(port: number): Promise<void> {
    const script = join(ROOT, 'packages/venue/src/main.ts');
    const journal = join(this.dir, 'venue.jsonl');
    const log = join(this.dir, 'venue.log');
    const fd = openSync(log, 'a');
    // Detached: an interrupt of the terminal is the demo's to handle, and --keep leaves it running.
    const child = spawn(process.execPath, [script, '--port', String(port), '--journal', journal, '--open'], {
      cwd: this.dir,
      detached: true,
      stdio: ['ignore', fd, fd],
    });
    child.unref();
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    const untilMs = performance.now() + VENUE_START_MS;
    while (!readFileSync(log, 'utf8').includes('"url"')) {
      this.interrupted.throwIfAborted();
      if (ended || performance.now() > untilMs) {
        throw new Error(`The exchange does not come up: ${readFileSync(log, 'utf8').slice(-1_000)}`);
      }
      await sleep(POLL_MS);
    }
  }
}
