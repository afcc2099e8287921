import type { EmergencyStopReport } from '@baton/api';
import type { Scope } from '@baton/core';
import { stopEverything } from '@baton/daemon';
import { hostPorts } from './ports.ts';

/** The emergency stop without a daemon: the latch file, the kills and the cancels, from this very process. */
export const emergencyStop = async (
  stateDir: string,
  scope: Scope,
  by: string,
  reason: string,
): Promise<EmergencyStopReport> => {
  const ports = await hostPorts(stateDir);
  try {
    return await stopEverything(stateDir, ports, scope, by, reason);
  } finally {
    await ports.store.close();
  }
};
