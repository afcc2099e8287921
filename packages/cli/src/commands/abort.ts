import { type AbortRequest, paths } from '@baton/api';
import { EXIT } from '../exit-code.ts';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { followAccepted, openGoal, placeAndDaemon } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const reason = flags.reason === undefined ? {} : { reason: flags.reason };
  const body: AbortRequest = { by: whoAsks(context.env), ...reason };
  const { generation } = await client.post<{ generation: number }>(paths.abort(place.app, place.environment), body);
  const code = await followAccepted(invocation, place, client, openGoal(place, generation));
  // Going back is what was asked for here; it is a failure only to whoever deployed.
  return code === EXIT.rolledBack || code === EXIT.failed ? EXIT.done : code;
};
