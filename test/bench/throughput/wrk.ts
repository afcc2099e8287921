import type { BenchContext } from '../context.ts';

export interface WrkFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Broken connections, timeouts, and answers that are not 2xx or 3xx. */
  readonly failed: number;
}

export interface WrkRun {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
}

/** One run of wrk with one thread, so that the proxy has a core of its own. */
export const runWrk = async (context: BenchContext, wrk: string, run: WrkRun): Promise<WrkFigures> => {
  const { port, connections, seconds } = run;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', `http://127.0.0.1:${port}/api/status`];
  const child = context.spawn(wrk, args);
  const code = await child.ended();
  context.signal.throwIfAborted();
  const output = child.lines.join('\n');
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${output}`);
  return readWrk(output);
};

/** Reads what wrk 4 prints with `--latency`. @throws Error where a figure is not there */
export const readWrk = (output: string): WrkFigures => {
  const find = (pattern: RegExp): RegExpExecArray => {
    const found = pattern.exec(output);
    if (found === null) throw new Error(`wrk printed no ${pattern}: ${output.slice(0, 400)}`);
    return found;
  };
  const latency = (percent: number): number => {
    const [, figure, unit] = find(new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\b`, 'm'));
    return Number(figure) * (unit === 'us' ? 0.001 : unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000);
  };
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? '0';
  return {
    requests: Number(find(/(\d+) requests in /)[1]),
    requestsPerSecond: Number(find(/Requests\/sec:\s+([\d.]+)/)[1]),
    p50Ms: latency(50),
    p99Ms: latency(99),
    failed: [...broken, refused].reduce((sum, count) => sum + Number(count), 0),
  };
};
