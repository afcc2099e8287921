import { readFileSync } from 'node:fs';

const KIB = 1_024;

/** What a process has in memory. The proportional share counts a page shared by n processes 1/n times. */
export interface Memory {
  readonly residentBytes: number;
  readonly proportionalBytes: number;
}

/** From the kernel (proc_pid_smaps(5), smaps_rollup). */
export const memoryOf = (pid: number): Memory => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no ${name}`);
    return Number(kib) * KIB;
  };
  return { residentBytes: bytes('Rss'), proportionalBytes: bytes('Pss') };
};
