import { paths, type StopRequest } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { ensureDaemon } from '../connection/index.ts';
import type { Command } from '../program/index.ts';
import { placeOf, whoAsks } from '../project/index.ts';
import { acceptAndFollow } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  if (flags.emergency === true) {
    if (flags.service !== undefined) {
      throw new BatonError('usage', 'An emergency stop is of everything that trades: --service does not go with it.', {
        fault: 'user',
        hint: `baton stop ${place.environment} --emergency`,
      });
    }
    const { stopAtOnce } = await import('./stop-at-once.ts');
    return stopAtOnce(invocation, place);
  }
  const client = await ensureDaemon(place.stateDir, context);
  const services = flags.service === undefined ? {} : { services: [...flags.service] };
  const body: StopRequest = { ...services, by: whoAsks(context.env) };
  return acceptAndFollow(invocation, place, client, paths.stop(place.app, place.environment), body);
};
