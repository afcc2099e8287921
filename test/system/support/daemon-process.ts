import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { isAlive } from './processes.ts';

const MAIN = fileURLToPath(new URL('../../../packages/cli/src/serve/main.ts', import.meta.url));

/** Compiled code is kept between the many starts of these tests. */
export const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), 'baton-system-compile-cache') };

const answers = async (socket: string): Promise<true | undefined> =>
  await new Promise((resolve) => {
    const sent = request({ socketPath: socket, path: '/v1/version' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? true : undefined);
    });
    sent.once('error', () => resolve(undefined));
    sent.end();
  });

/** Runs what follows where the kernel seems to have been started anew. Needs root. */
const afterBoot = (bootIdFile: string): readonly string[] => {
  const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
  return ['--mount', '--propagation', 'private', '/bin/sh', '-c', script, bootIdFile];
};

/** The daemon of one state directory, without a supervisor: a test decides when it comes back. */
export class DaemonProcess {
  readonly socket: string;
  readonly log: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, stateDir: string) {
    this.#child = child;
    this.socket = join(stateDir, 'daemon.sock');
    this.log = `${stateDir}.log`;
  }

  /** Starts it and waits for nothing. */
  static spawn(stateDir: string, env: Readonly<Record<string, string>> = {}): DaemonProcess {
    const log = openSync(`${stateDir}.log`, 'a');
    const { BOOT_ID_FILE: boot, ...rest } = env;
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, '--state-dir', stateDir];
    const [program = '', ...args] = boot === undefined ? node : ['unshare', ...afterBoot(boot), ...node];
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...compileCache, ...rest },
    });
    closeSync(log);
    return new DaemonProcess(child, stateDir);
  }

  static async start(stateDir: string, env: Readonly<Record<string, string>> = {}): Promise<DaemonProcess> {
    const daemon = DaemonProcess.spawn(stateDir, env);
    await eventually('the daemon answers', async () => {
      if (!isAlive(daemon.pid)) throw new Error(`the daemon ended: ${readFileSync(daemon.log, 'utf8').slice(-2_000)}`);
      return await answers(daemon.socket);
    });
    return daemon;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  async terminate(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.ended();
  }
}
