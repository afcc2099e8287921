import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that the demo started, directly or through Baton. */
export interface DemoProcess {
  readonly pid: number;
  readonly part: 'supervisor' | 'daemon' | 'gateway' | 'instance' | 'venue';
  /** What to call it to a person. */
  readonly name: string;
}

const words = (pid: number, file: 'cmdline' | 'environ'): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
  } catch {
    // Gone meanwhile, or another user's.
    return [];
  }
};

/** The value of a variable in the environment that a process was started with. */
export const variableOf = (pid: number, name: string): string | undefined =>
  words(pid, 'environ')
    .find((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** False for the dead, those that nobody has waited for included. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat[stat.lastIndexOf(')') + 2] ?? '');
  } catch {
    return false;
  }
};

const SCRIPTS: readonly (readonly [suffix: string, part: DemoProcess['part']])[] = [
  // The supervisor's own words name the daemon's script too, so it comes first.
  ['/serve/supervisor.sh', 'supervisor'],
  ['/serve/main.ts', 'daemon'],
  ['/gateway/src/main.ts', 'gateway'],
  ['/venue/src/main.ts', 'venue'],
];

const partOf = (pid: number, dir: string): Pick<DemoProcess, 'part' | 'name'> | undefined => {
  const within = (path: string | undefined): boolean => path?.startsWith(`${dir}/`) === true;
  if (within(variableOf(pid, 'BATON_DATA_DIR'))) {
    const of = (name: string): string => variableOf(pid, name) ?? '?';
    return { part: 'instance', name: `${of('BATON_SERVICE')} of release ${of('BATON_RELEASE')}` };
  }
  const args = words(pid, 'cmdline');
  if (!args.some(within)) return undefined;
  for (const [suffix, part] of SCRIPTS) if (args.some((arg) => arg.endsWith(suffix))) return { part, name: part };
  return undefined;
};

/** False where the demo cannot find its processes again, and so must not start any. */
export const canListProcesses = (): boolean => {
  try {
    return readlinkSync('/proc/self') !== '';
  } catch {
    return false;
  }
};

/** Every living process of the demo in `dir`, known by what it was started with: the folder's name is its own. */
export const processesOf = (dir: string): readonly DemoProcess[] => {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || !isAlive(pid)) return [];
    const found = partOf(pid, dir);
    return found === undefined ? [] : [{ pid, ...found }];
  });
};

const POLL_MS = 10;

/** Signals by pid and waits until all are dead. @returns those that are not, after the bound */
export const signalAndWait = async (
  processes: readonly DemoProcess[],
  signal: 'SIGTERM' | 'SIGKILL',
  boundMs: number,
): Promise<readonly DemoProcess[]> => {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended before it was told to.
    }
  }
  const untilMs = performance.now() + boundMs;
  for (;;) {
    const living = processes.filter(({ pid }) => isAlive(pid));
    if (living.length === 0 || performance.now() > untilMs) return living;
    await sleep(POLL_MS);
  }
};
