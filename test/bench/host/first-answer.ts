import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 2;
const BOUND_MS = 30_000;
/** USER_HZ, in which /proc/PID/stat counts; the same on every Linux that Node runs on (proc(5)). */
const TICK_MS = 10;
const START_TIME = 22;

/** Times of the machine's monotonic clock, milliseconds. */
export interface FirstAnswer {
  /** When the kernel made the process, to its tick of 10 ms. */
  readonly spawnedMs: number;
  readonly answeredMs: number;
}

const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1_000_000;

/**
 * Asks a process for its health until it answers 200, by itself and not by way of Baton.
 * @param handle of the process target, `pid:start:boot`
 */
export const firstAnswer = async (handle: string): Promise<FirstAnswer> => {
  const [pid] = handle.split(':');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold anything; what follows its last parenthesis may not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const spawnedMs = Number(fields[START_TIME - 3]) * TICK_MS;
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const port = environment.find((entry) => entry.startsWith('PORT='))?.slice('PORT='.length);
  if (port === undefined) throw new Error(`process ${pid} was given no PORT`);
  for (const untilMs = monotonicMs() + BOUND_MS; monotonicMs() < untilMs; ) {
    if (await isHealthy(Number(port))) return { spawnedMs, answeredMs: monotonicMs() };
    await sleep(POLL_MS);
  }
  throw new Error(`process ${pid} did not answer within ${BOUND_MS} ms`);
};

const isHealthy = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/health', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
