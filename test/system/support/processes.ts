import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { eventually } from './eventually.ts';

export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const folderOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
};

/** A process that has ended and waits to be reaped is dead. */
export const isAlive = (pid: number): boolean => {
  const stat = read(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return stat !== '' && state !== 'Z' && state !== 'X';
};

const belongsTo = (pid: number, folder: string): boolean => {
  const texts = [read(`/proc/${pid}/cmdline`), folderOf(pid), read(`/proc/${pid}/environ`)];
  return texts.some((text) => text.includes(`${folder}/`) || text.split('\0').includes(folder));
};

/** Every process that names the folder in its arguments, its environment or its working directory. */
export const processesOf = (folder: string): readonly SeenProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAlive(pid) && belongsTo(pid, folder))
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }));

/** SIGKILL, and gone. */
export const killNow = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
  await eventually(`the death of ${pid}`, () => (isAlive(pid) ? undefined : true));
};

/** Takes down whatever belongs to the folder, by pid; again while something is left that started something else. */
export const killAllOf = async (folder: string): Promise<void> => {
  await eventually(`nothing is left of ${folder}`, async () => {
    const left = processesOf(folder);
    await Promise.all(left.map(({ pid }) => killNow(pid)));
    return left.length === 0 ? true : undefined;
  });
};
