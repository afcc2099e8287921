import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, variableOf } from './processes.ts';

const POLL_MS = 5;
const BOUND_MS = 20_000;
/** Clock ticks a second in /proc (sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on). */
const TICKS = 100;

/** Wall milliseconds, from when a process was forked until it first answered 200. */
export interface Start {
  readonly from: number;
  readonly to: number;
}

/** When the process was forked, wall milliseconds; the kernel counts in hundredths of a second. */
const forkedAt = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // proc_pid_stat(5): field 22, counted from the state, which is the third and follows the name in brackets.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const upSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - (upSeconds - ticks / TICKS) * 1_000;
};

const healthy = (port: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health', agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });

/**
 * Asks new instances for their health itself, beside Baton's own probes, so that the time that a program takes to
 * start is not Baton's word.
 */
export class FirstAnswers {
  readonly #starts: Promise<Start | undefined>[] = [];

  watch(pid: number): void {
    this.#starts.push(this.#first(pid));
  }

  /** Milliseconds in which at least one of the instances was starting. */
  async startingMs(): Promise<number> {
    const starts = (await Promise.all(this.#starts)).filter((start) => start !== undefined);
    let until = 0;
    let sum = 0;
    for (const { from, to } of starts.toSorted((a, b) => a.from - b.from)) {
      sum += Math.max(0, to - Math.max(from, until));
      until = Math.max(until, to);
    }
    return sum;
  }

  async #first(pid: number): Promise<Start | undefined> {
    const deadline = performance.now() + BOUND_MS;
    while (isAlive(pid) && performance.now() < deadline) {
      const port = variableOf(pid, 'PORT');
      if (port !== undefined && (await healthy(port))) return { from: forkedAt(pid), to: Date.now() };
      await sleep(POLL_MS);
    }
    return undefined;
  }
}
