import { readFileSync } from 'node:fs';
import { isAlive, processesOf } from '../system/support/processes.ts';
import type { TracedProcess } from './traced-daemon.ts';
import type { ChaosWorld } from './world.ts';

export type VictimKind = 'daemon' | 'gateway' | 'holder' | 'standby' | 'replica' | 'command line';

export interface Victim {
  readonly kind: VictimKind;
  readonly pid: number;
}

const variableOf = (pid: number, name: string): string | undefined => {
  try {
    const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  } catch {
    return undefined;
  }
};

/** Everything of the world that is alive now and may be struck; found without asking the daemon. */
export const victimsOf = async (world: ChaosWorld, command: TracedProcess | undefined): Promise<readonly Victim[]> => {
  const acting = (await world.witness()).holders.at(-1)?.instance;
  const victims: Victim[] = [];
  if (!world.daemon.hasEnded) victims.push({ kind: 'daemon', pid: world.daemon.pid });
  const gateway = world.gateway();
  if (gateway !== undefined) victims.push({ kind: 'gateway', pid: gateway.pid });
  if (command !== undefined && !command.hasEnded) victims.push({ kind: 'command line', pid: command.pid });
  for (const { pid } of processesOf(world.dir)) {
    const service = variableOf(pid, 'BATON_SERVICE');
    if (service === 'web') victims.push({ kind: 'replica', pid });
    else if (service === 'bot') {
      victims.push({ kind: variableOf(pid, 'BATON_INSTANCE') === acting ? 'holder' : 'standby', pid });
    }
  }
  return victims.filter(({ pid }) => isAlive(pid));
};

/** False where it was gone before it was struck. */
export const strike = (pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};
