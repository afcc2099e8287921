import { readdirSync } from 'node:fs';
import { readKernelText } from './read-text.ts';

/** One process for ever: a pid is used again, a pid with its start time in one boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/** What /proc/PID/stat says (proc_pid_stat(5)); times in clock ticks. */
export interface ProcessStat extends ProcessIdentity {
  readonly state: string;
  readonly session: number;
  readonly threads: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly childTicks: number;
  readonly residentPages: number;
}

/** Ticks of /proc in a second: USER_HZ, 100 on every Linux that Node runs on (sysconf is not to be had). */
export const TICKS_PER_SECOND = 100;

/** Parses one stat line. The name of the program stands in brackets and may hold anything, brackets too. */
export const parseStat = (line: string): ProcessStat | undefined => {
  const end = line.lastIndexOf(')');
  if (end < 0) return undefined;
  const pid = Number.parseInt(line, 10);
  const fields = line.slice(end + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const startTime = field(22);
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(startTime)) return undefined;
  return {
    pid,
    startTime,
    state: fields[0] ?? '?',
    session: field(6),
    threads: field(20),
    userTicks: field(14),
    systemTicks: field(15),
    childTicks: field(16) + field(17),
    residentPages: field(24),
  };
};

export const readStat = (pid: number): ProcessStat | undefined => {
  const line = readKernelText(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
};

export const identityOf = (pid: number): ProcessIdentity | undefined => {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime };
};

/** Set as the first thing when a thread begins to exit; it never returns to its program from there (linux/sched.h). */
const PF_EXITING = 0x4;

/** True where this thread is gone, or past the point from which it returns to its program. */
export const isExiting = (threadId: number): boolean => {
  const line = readKernelText(`/proc/${threadId}/stat`);
  if (line === undefined) return true;
  const flags = Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[9 - 3]);
  return (flags & PF_EXITING) !== 0;
};

const isOver = (state: string): boolean => state === 'Z' || state === 'X';

/**
 * True while any thread of exactly this process is left. A zombie leader may have living threads,
 * which send as well as any other, so each thread is asked.
 */
export const isAlive = (identity: ProcessIdentity): boolean => {
  const stat = readStat(identity.pid);
  if (stat === undefined || stat.startTime !== identity.startTime) return false;
  if (!isOver(stat.state)) return true;
  return otherThreads(identity.pid).length > 0;
};

/** Living threads of a process other than its leader. */
export const otherThreads = (pid: number): readonly number[] => {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  if (names.length <= 1) return [];
  return names.map(Number).filter((tid) => {
    if (tid === pid) return false;
    const line = readKernelText(`/proc/${pid}/task/${tid}/stat`);
    const stat = line === undefined ? undefined : parseStat(line);
    return stat !== undefined && !isOver(stat.state);
  });
};
