import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Processes that belong to a folder: what was started from it, or was told it as an argument. Never the caller.
 * Found in /proc; a process of somebody else, which cannot be read, is none of ours.
 */
export const processesBelow = (folder: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, folder));

const belongs = (pid: number, folder: string): boolean => {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    if (cwd === folder || cwd.startsWith(`${folder}/`)) return true;
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.some((arg) => arg === folder || arg.startsWith(`${folder}/`));
  } catch {
    return false;
  }
};
