import { paths, type StatusReport } from '@baton/api';
import { withRunningDaemon } from '../connection/ensure-daemon.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/invocation.ts';
import { placeOf } from '../project/place.ts';
import { statusText } from '../views/status.ts';
import { viewOf } from '../views/view.ts';

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const { app, environment, stateDir } = await placeOf(invocation, args[0]);
  const status = await withRunningDaemon(stateDir, context, (client) =>
    client.get<StatusReport>(paths.status(app, environment)),
  );
  if (flags.json === true) printJson(context.stdout, status);
  else context.stdout.write(statusText(status, environment, viewOf(context)));
  return status.healthy ? EXIT.done : EXIT.failed;
};
