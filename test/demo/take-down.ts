import { rmSync } from 'node:fs';
import { type DemoProcess, processesOf, signalAndWait } from './processes.ts';

/** Who is asked to end, in this order: whoever brings another back goes before it. */
const ORDER: readonly DemoProcess['part'][] = ['supervisor', 'daemon', 'instance', 'gateway', 'venue'];
const GRACE_MS = 5_000;
const KILL_MS = 2_000;
/** A part may start another in the moment in which it is told to end. */
const ROUNDS = 3;

/**
 * Ends every process of the demo in `dir`, and removes the folder.
 * @returns who did not end when asked, and was killed
 */
export const takeDown = async (dir: string): Promise<readonly string[]> => {
  const killed: string[] = [];
  for (let round = 0; round < ROUNDS && processesOf(dir).length > 0; round += 1) {
    for (const part of ORDER) {
      const processes = processesOf(dir).filter((one) => one.part === part);
      const stubborn = await signalAndWait(processes, 'SIGTERM', GRACE_MS);
      killed.push(...stubborn.map(({ name, pid }) => `${name} (pid ${pid})`));
      const immortal = await signalAndWait(stubborn, 'SIGKILL', KILL_MS);
      if (immortal.length > 0) throw new Error(`These processes cannot be killed: ${names(immortal)}.`);
    }
  }
  const left = processesOf(dir);
  if (left.length > 0) throw new Error(`These processes are still there: ${names(left)}.`);
  rmSync(dir, { recursive: true, force: true });
  return killed;
};

const names = (processes: readonly DemoProcess[]): string =>
  processes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
