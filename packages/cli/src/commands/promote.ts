import { type ByRequest, paths } from '@baton/api';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { followAccepted, openGoal, placeAndDaemon } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { place, client } = await placeAndDaemon(invocation);
  const body: ByRequest = { by: whoAsks(invocation.context.env) };
  const { generation } = await client.post<{ generation: number }>(paths.promote(place.app, place.environment), body);
  return followAccepted(invocation, place, client, openGoal(place, generation));
};
