import { type HistoryReport, paths, type RollbackRequest, type StatusReport } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import type { DaemonClient } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';
import { type Place, whoAsks } from '../project/index.ts';
import { acceptAndFollow, placeAndDaemon } from './accepting.ts';

/** Where a rollback would go, from what the daemon says of the environment; the daemon decides again when it is asked. */
const dryRun = async ({ context, flags }: Invocation, place: Place, client: DaemonClient): Promise<number> => {
  const [status, history] = await Promise.all([
    client.get<StatusReport>(paths.status(place.app, place.environment)),
    client.get<HistoryReport>(paths.history(place.app, place.environment)),
  ]);
  const to = flags.to ?? status.previous;
  const found = history.releases.find(({ release }) => release === to);
  if (to === null || found === undefined || !found.kept) {
    const kept = history.releases.filter((one) => one.kept).map(({ release }) => release);
    const what = to === null ? 'an earlier release' : `release ${to}`;
    throw new BatonError('release-missing', `There is no copy of ${what} to go back to.`, {
      fault: 'user',
      hint: `Kept are: ${kept.join(', ') || 'none'}. "baton history" lists them.`,
    });
  }
  const services = Object.keys(status.live).filter((name) => flags.service?.includes(name) ?? true);
  if (flags.json === true) printJson(context.stdout, { scope: status.scope, from: status.release, to, services });
  else {
    const commit = found.gitCommit === null ? '' : `, commit ${found.gitCommit}`;
    context.stdout.write(`release ${status.release} -> release ${to} (${found.tag ?? 'no tag'}${commit})\n`);
    context.stdout.write(`services: ${services.join(', ')}; those that do not differ stay where they are\n`);
    context.stdout.write('dry run: nothing was done\n');
  }
  return EXIT.done;
};

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  if (flags.dryRun === true) return dryRun(invocation, place, client);
  const body: RollbackRequest = {
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.service === undefined ? {} : { services: [...flags.service] }),
    force: flags.force === true,
    by: whoAsks(context.env),
  };
  return acceptAndFollow(invocation, place, client, paths.rollback(place.app, place.environment), body);
};
