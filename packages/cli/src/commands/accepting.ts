import type { AcceptedReport } from '@baton/api';
import type { GoalKind } from '@baton/core';
import { type DaemonClient, ensureDaemon, follow } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Invocation } from '../program/index.ts';
import { type Place, placeOf } from '../project/index.ts';
import { reporterFor } from '../reporters/index.ts';

/** Preflight and the copy of a build context come before the answer. */
const ACCEPT_TIMEOUT_MS = 300_000;

/** Where a verb works that takes an environment and nothing else, and its daemon, started where none runs. */
export const placeAndDaemon = async (
  invocation: Invocation,
): Promise<{ readonly place: Place; readonly client: DaemonClient }> => {
  const place = await placeOf(invocation, invocation.args[0]);
  return { place, client: await ensureDaemon(place.stateDir, invocation.context) };
};

/** Follows what was accepted to its end, or, with `--detach`, says how to. */
export const followAccepted = async (
  { context, flags }: Invocation,
  place: Place,
  client: DaemonClient,
  accepted: AcceptedReport,
): Promise<number> => {
  const json = flags.json === true;
  const { environment } = place;
  if (flags.detach !== true || accepted.unchanged) {
    const reporter = reporterFor(context, json, environment);
    return follow({ context, place, client, accepted, reporter });
  }
  if (json) printJson(context.stdout, accepted);
  else {
    const what = accepted.release === 0 ? `number ${accepted.generation}` : `release ${accepted.release}`;
    context.stdout.write(`${accepted.kind} of ${what} goes on in the background.\n`);
    context.stdout.write(`watch: baton monitor ${environment}\ngive up: baton abort ${environment}\n`);
  }
  return EXIT.done;
};

/** Asks the daemon for a goal, and follows it. */
export const acceptAndFollow = async (
  invocation: Invocation,
  place: Place,
  client: DaemonClient,
  path: string,
  body: unknown,
): Promise<number> => {
  const options = { signal: invocation.context.interrupted, timeoutMs: ACCEPT_TIMEOUT_MS };
  const accepted = await client.post<AcceptedReport>(path, body, options);
  return followAccepted(invocation, place, client, accepted);
};

/** An open goal of which only the number is known. */
export const openGoal = (place: Place, generation: number, kind: GoalKind = 'deploy'): AcceptedReport => ({
  scope: `${place.app}/${place.environment}`,
  generation,
  release: 0,
  kind,
  unchanged: false,
});
