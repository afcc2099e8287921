import { paths, type RestartRequest } from '@baton/api';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { acceptAndFollow, placeAndDaemon } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const services = flags.service === undefined ? {} : { services: [...flags.service] };
  const body: RestartRequest = { ...services, by: whoAsks(context.env) };
  return acceptAndFollow(invocation, place, client, paths.restart(place.app, place.environment), body);
};
