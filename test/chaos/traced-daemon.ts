import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../system/support/daemon-process.ts';
import { killNow } from '../system/support/processes.ts';

const DAEMON = fileURLToPath(new URL('../../packages/cli/src/serve/main.ts', import.meta.url));

/** Where a process is killed: at its n-th call of this name, counted in each of its threads. */
export interface KillPoint {
  readonly syscall: string;
  readonly when: number;
}

/**
 * Arguments of strace that kill what follows at the point. Its children are let go at their exec, so that only the
 * traced program dies: unmodified, at a call that has not been carried out.
 */
export const straceArguments = ({ syscall, when }: KillPoint, log: string): readonly string[] =>
  ['-f', '-b', 'execve', '-qq', '-o', log, '-e', `trace=${syscall}`].concat([
    '-e',
    `inject=${syscall}:signal=SIGKILL:when=${when}`,
  ]);

/** The line to install strace, or what keeps it from tracing; empty where it works. */
export const missingTracer = (): string => {
  const tried = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=write', 'true'], {
    encoding: 'utf8',
  });
  if (tried.error !== undefined) return 'not installed: strace. Run: apt-get install -y strace';
  return tried.status === 0 ? '' : `strace may not trace here: ${tried.stderr.trim()}`;
};

const readText = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** A daemon, or another program of Node's, under strace or alone; its output goes to a file. */
export class TracedProcess {
  readonly #child: ChildProcess;
  readonly #trace: string | undefined;

  private constructor(child: ChildProcess, trace: string | undefined) {
    this.#child = child;
    this.#trace = trace;
  }

  static start(
    words: readonly string[],
    options: {
      readonly cwd: string;
      readonly log: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly point?: KillPoint;
    },
  ): TracedProcess {
    const output = openSync(options.log, 'a', 0o600);
    const trace = options.point === undefined ? undefined : `${options.log}.strace`;
    const traced = options.point === undefined ? [] : ['strace', ...straceArguments(options.point, trace ?? '')];
    const [program = '', ...args] = [...traced, process.execPath, '--disable-warning=ExperimentalWarning', ...words];
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...compileCache, NO_COLOR: '1', ...options.env },
    });
    closeSync(output);
    return new TracedProcess(child, trace);
  }

  static daemon(stateDir: string, point?: KillPoint): TracedProcess {
    const options = { cwd: '/', log: `${stateDir}.log`, ...(point === undefined ? {} : { point }) };
    return TracedProcess.start([DAEMON, '--state-dir', stateDir], options);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Killed at its point, or from outside. */
  get wasKilled(): boolean {
    return this.#child.signalCode === 'SIGKILL' || this.#child.exitCode === 137;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The program itself; its strace is its parent. */
  get pid(): number {
    const own = this.#child.pid ?? -1;
    if (this.#trace === undefined || this.hasEnded) return own;
    const children = readText(`/proc/${own}/task/${own}/children`).trim().split(' ').map(Number);
    return children.find((pid) => pid > 0) ?? own;
  }

  async ended(): Promise<void> {
    if (!this.hasEnded) await once(this.#child, 'exit');
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const { pid } = this;
    // The program, and not its strace: that ends with it, and waits for it.
    if (pid === this.#child.pid) this.#child.kill('SIGKILL');
    else await killNow(pid);
    await this.ended();
  }
}
