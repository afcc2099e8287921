import { type ByRequest, paths } from '@baton/api';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { placeAndDaemon } from './accepting.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const { environment } = place;
  if (context.canAsk && flags.yes !== true && flags.json !== true) {
    const { confirm } = await import('@clack/prompts');
    const message = `Clear the emergency latch of ${environment}, so that a deployment may trade again?`;
    if ((await confirm({ message, initialValue: false })) !== true) return EXIT.failed;
  }
  const body: ByRequest = { by: whoAsks(context.env) };
  const path = paths.arm(place.app, environment);
  const { cleared } = await client.post<{ cleared: readonly string[] }>(path, body, { signal: context.interrupted });
  if (flags.json === true) printJson(context.stdout, { cleared });
  else {
    const what = cleared.length === 0 ? '' : `: ${cleared.join(', ')}`;
    context.stdout.write(
      `the latch is cleared${what}\nnothing acts by itself; start it again with: baton deploy ${environment}\n`,
    );
  }
  return EXIT.done;
};
