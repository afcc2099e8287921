import { readFileSync } from 'node:fs';

const KIB = 1_024;

/**
 * What a process has in memory. The proportional share counts a page shared by n processes 1/n times; private are the
 * pages that nobody else has.
 */
export interface Memory {
  readonly residentBytes: number;
  readonly proportionalBytes: number;
  readonly privateBytes: number;
}

/** What several take together: what each has for itself, and once what they share (of one program, the largest share). */
export const togetherBytes = (memories: readonly Memory[]): number =>
  memories.reduce((sum, { privateBytes }) => sum + privateBytes, 0) +
  Math.max(0, ...memories.map(({ residentBytes, privateBytes }) => residentBytes - privateBytes));

/** From the kernel (proc_pid_smaps(5), smaps_rollup). */
export const memoryOf = (pid: number): Memory => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no ${name}`);
    return Number(kib) * KIB;
  };
  return {
    residentBytes: bytes('Rss'),
    proportionalBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
  };
};
