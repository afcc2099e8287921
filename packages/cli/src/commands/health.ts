import { type InstanceReport, paths, type StatusReport } from '@baton/api';
import { withRunningDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { environmentAndSlot, placeOf } from '../project/index.ts';
import { healthText, isWell } from '../views/health.ts';
import { viewOf } from '../views/view.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { environment: asked, slot } = environmentAndSlot(invocation);
  const { app, environment, stateDir } = await placeOf(invocation, asked);
  const status = await withRunningDaemon(stateDir, context, (client) =>
    client.get<StatusReport>(`${paths.status(app, environment)}?resources=1`),
  );
  const meant = (one: InstanceReport): boolean =>
    (slot === undefined ? one.live || one.state !== 'dead' : one.slot === slot) &&
    (flags.service?.includes(one.service) ?? true);
  const instances = status.instances.filter(meant);
  // Without a slot the whole is asked for: that whoever must act acts is part of it.
  const whole = slot === undefined && flags.service === undefined;
  const healthy = instances.length > 0 && instances.every(isWell) && (!whole || status.healthy);
  if (flags.json === true) printJson(context.stdout, { scope: status.scope, slot: slot ?? null, healthy, instances });
  else
    context.stdout.write(
      healthText(status, instances, { healthy, slot, verbose: flags.verbose === true }, viewOf(context)),
    );
  return healthy ? EXIT.done : EXIT.failed;
};
