import type { EmergencyStopReport } from '@baton/api';
import type { Scope } from '@baton/core';
import { stopEverything } from '@baton/daemon';
import { openSqliteStore } from '@baton/store-sqlite';
import { absentStore } from './absent-store.ts';
import { hostPorts } from './ports.ts';

/** The emergency stop without a daemon: the latch file, the kills and the cancels, from this very process. */
export const emergencyStop = async (
  stateDir: string,
  scope: Scope,
  by: string,
  reason: string,
): Promise<EmergencyStopReport> => {
  // A store that cannot be opened is no reason to let anything trade on: the latch file and the kills need none.
  const ports = await hostPorts(stateDir, (file) => openSqliteStore({ file }).catch(absentStore));
  try {
    return await stopEverything(stateDir, ports, scope, by, reason);
  } finally {
    await ports.store.close();
  }
};
