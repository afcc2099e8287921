import { readFileSync } from 'node:fs';
import type { Child } from '../child.ts';
import type { BenchContext } from '../context.ts';
import type { Contender } from './contenders.ts';
import type { WrkFigures } from './wrk.ts';
import { runWrk } from './wrk.ts';

/** Many connections for throughput, two for the latency of one request that does not wait for others. */
const LOADED = { connections: 32, seconds: 2 };
const QUIET = { connections: 2, seconds: 1 };
const WARM_UP = { connections: 32, seconds: 1 };

export interface Round {
  readonly loaded: WrkFigures;
  readonly quiet: WrkFigures;
  /** Processor time of the contender for each request, microseconds, all its threads together. */
  readonly cpuUs: number;
}

/**
 * Measures all contenders in each round and begins each round with another, so that what the machine does
 * meanwhile meets all of them alike.
 */
export const runRounds = async (
  context: BenchContext,
  wrk: string,
  contenders: readonly Contender[],
  count: number,
): Promise<ReadonlyMap<string, readonly Round[]>> => {
  const rounds = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  for (const { name, port } of contenders) {
    context.progress(`${name} warms up`);
    await runWrk(context, wrk, { port, ...WARM_UP });
  }
  for (let round = 0; round < count; round += 1) {
    const first = round % contenders.length;
    for (const { name, port, process } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      context.progress(`round ${round + 1} of ${count}, ${name}`);
      const beforeMs = cpuTimeMs(process);
      const loaded = await runWrk(context, wrk, { port, ...LOADED });
      const cpuUs = ((cpuTimeMs(process) - beforeMs) * 1_000) / loaded.requests;
      const quiet = await runWrk(context, wrk, { port, ...QUIET });
      rounds.get(name)?.push({ loaded, quiet, cpuUs });
    }
  }
  return rounds;
};

/** Linux counts in ticks of 1/100 s for every program (USER_HZ). */
const TICK_MS = 10;

/** User and system time of a process: fields 14 and 15 of /proc/PID/stat (proc(5)); NaN where there is none. */
const cpuTimeMs = ({ pid }: Child): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, field 2, may hold spaces; what follows its parenthesis does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return Number.NaN;
  }
};
