import { type HistoryReport, paths } from '@baton/api';
import { withRunningDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { placeOf } from '../project/index.ts';
import { historyText } from '../views/history.ts';
import { viewOf } from '../views/view.ts';

const DEFAULT_LIMIT = 20;

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const { app, environment, stateDir } = await placeOf(invocation, args[0]);
  const history = await withRunningDaemon(stateDir, context, (client) =>
    client.get<HistoryReport>(paths.history(app, environment)),
  );
  const releases = history.releases.toSorted((a, b) => b.release - a.release).slice(0, flags.limit ?? DEFAULT_LIMIT);
  if (flags.json === true) printJson(context.stdout, { ...history, releases });
  else context.stdout.write(historyText({ ...history, releases }, viewOf(context)));
  return EXIT.done;
};
