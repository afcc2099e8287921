import { CALL_FAULTS, type CallPort, type FaultKind } from './faults.ts';
import type { Phase } from './phases.ts';

/** Why a fault cannot strike in a phase; undefined where it can. */
export const whyUnreachable = (fault: FaultKind, phase: Phase): string | undefined => {
  if (fault === 'command-killed')
    return phase === 'emergency' ? undefined : 'only an emergency stop runs as a command of its own';
  const port = portOf(fault);
  if (phase === 'emergency' && port === undefined) return 'a daemon is struck in phases of its own';
  return undefined;
};

const portOf = (fault: FaultKind): CallPort | undefined =>
  (Object.keys(CALL_FAULTS) as CallPort[]).find((port) => (CALL_FAULTS[port] as readonly string[]).includes(fault));
