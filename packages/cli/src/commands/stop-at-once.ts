import { type EmergencyStopReport, type EmergencyStopRequest, paths } from '@baton/api';
import { daemonClient } from '../connection/index.ts';
import { DaemonRefusal, EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Invocation } from '../program/index.ts';
import { type Place, whoAsks } from '../project/index.ts';
import { emergencyText } from '../views/emergency.ts';
import { viewOf } from '../views/view.ts';

/** A daemon that says nothing for this long is not waited for: something may be trading. */
const DAEMON_TIMEOUT_MS = 1_000;
/** One that has begun kills within seconds; one that hangs is done without. */
const STOP_TIMEOUT_MS = 15_000;

/** Through the daemon where it answers; undefined where it does not, or fails at it. */
const throughDaemon = async (place: Place, body: EmergencyStopRequest): Promise<EmergencyStopReport | undefined> => {
  const client = daemonClient(place.stateDir);
  try {
    await client.get(paths.health, { timeoutMs: DAEMON_TIMEOUT_MS });
    const path = paths.emergency(place.app, place.environment);
    return await client.post<EmergencyStopReport>(path, body, { timeoutMs: STOP_TIMEOUT_MS });
  } catch (error) {
    // Only what this very command line can mend is its answer; every other failure is a reason to do it ourselves.
    if (error instanceof DaemonRefusal && error.fault === 'user') throw error;
    return undefined;
  }
};

/**
 * The emergency stop: latch, kill, confirm. The daemon is asked first, because it knows most; without an answer
 * this process does the same from the files. Both may do it: every step is idempotent.
 */
export const stopAtOnce = async ({ context, flags }: Invocation, place: Place): Promise<number> => {
  const { app, environment, stateDir } = place;
  const by = whoAsks(context.env);
  const reason = flags.reason ?? 'emergency stop';
  let report = await throughDaemon(place, { by, reason });
  if (report === undefined) {
    if (flags.json !== true) context.stderr.write('no daemon answers; stopping from here\n');
    const { emergencyStop } = await import('../composition/emergency.ts');
    report = await emergencyStop(stateDir, { app, environment }, by, reason);
  }
  if (flags.json === true) printJson(context.stdout, report);
  else context.stdout.write(emergencyText(report, environment, viewOf(context)));
  return report.state === 'STOPPED' ? EXIT.done : EXIT.needsOperator;
};
