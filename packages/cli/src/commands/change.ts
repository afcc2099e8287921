import type { AcceptedReport } from '@baton/api';
import { ensureDaemon, follow } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Invocation } from '../program/index.ts';
import { type Place, placeOf } from '../project/index.ts';
import { reporterFor } from '../reporters/index.ts';

/** Asks the daemon for a goal and follows it, or says how to. */
export const acceptAndFollow = async (
  invocation: Invocation,
  place: Place,
  path: string,
  body: unknown,
): Promise<number> => {
  const { context } = invocation;
  const client = await ensureDaemon(place.stateDir, context);
  const accepted = await client.post<AcceptedReport>(path, body, { signal: context.interrupted, timeoutMs: ACCEPT_TIMEOUT_MS });
  return followAccepted(invocation, place, accepted);
};

/** Preflight and the copy of a build context come before the answer. */
const ACCEPT_TIMEOUT_MS = 300_000;

export const followAccepted = async (
  { context, flags }: Invocation,
  place: Place,
  accepted: AcceptedReport,
): Promise<number> => {
  const json = flags.json === true;
  if (flags.detach === true) {
    if (json) printJson(context.stdout, accepted);
    else
      context.stdout.write(
        `release ${accepted.release} is on its way (${accepted.kind} ${accepted.generation}).\nWatch: baton monitor ${place.environment}\n`,
      );
    return EXIT.done;
  }
  const { daemonClient } = await import('../connection/index.ts');
  const reporter = reporterFor(context, json, place.environment);
  return follow({ context, place, client: daemonClient(place.stateDir), accepted, reporter });
};

/** A verb that only names its environment. */
export const placeOfFirst = (invocation: Invocation): Promise<Place> => placeOf(invocation, invocation.args[0]);
