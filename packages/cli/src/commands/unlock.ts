import { type ByRequest, paths } from '@baton/api';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { placeAndDaemon } from './accepting.ts';

/** A driver that is not proven dead is waited for: its lease and its longest effect. */
const UNLOCK_TIMEOUT_MS = 180_000;

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const body: ByRequest = { by: whoAsks(context.env) };
  const path = paths.unlock(place.app, place.environment);
  const options = { timeoutMs: UNLOCK_TIMEOUT_MS, signal: context.interrupted };
  const { epoch } = await client.post<{ epoch: number }>(path, body, options);
  if (flags.json === true) printJson(context.stdout, { epoch });
  else
    context.stdout.write(
      `this daemon drives ${place.environment} now (epoch ${epoch}); whoever did before is refused\n`,
    );
  return EXIT.done;
};
