import { type ByRequest, paths } from '@baton/api';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { followAccepted, openGoal, placeAndDaemon } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const body: ByRequest = { by: whoAsks(context.env) };
  const path = paths.resume(place.app, place.environment);
  const { generation } = await client.post<{ generation: number | null }>(path, body);
  if (generation !== null) return followAccepted(invocation, place, client, openGoal(place, generation));
  if (flags.json === true) printJson(context.stdout, { generation: null });
  else context.stdout.write(`nothing is under way in ${place.environment}: there is nothing to resume\n`);
  return EXIT.done;
};
