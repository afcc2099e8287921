import { type CleanupReport, type CleanupRequest, paths } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { ensureDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { environmentAndSlot, placeOf, whoAsks } from '../project/index.ts';

/** Everything in the slot may need its whole grace to stop. */
const CLEANUP_TIMEOUT_MS = 300_000;

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { environment: asked, slot } = environmentAndSlot(invocation);
  const { app, environment, stateDir } = await placeOf(invocation, asked);
  if (slot === undefined) {
    throw new BatonError('usage', 'Which slot is to be cleaned up was not said.', {
      fault: 'user',
      hint: `For example: baton cleanup ${environment} --slot blue`,
    });
  }
  const client = await ensureDaemon(stateDir, context);
  const body: CleanupRequest = { slot, by: whoAsks(context.env) };
  const options = { timeoutMs: CLEANUP_TIMEOUT_MS, signal: context.interrupted };
  const report = await client.post<CleanupReport>(paths.cleanup(app, environment), body, options);
  if (flags.json === true) printJson(context.stdout, report);
  else if (report.stopped.length + report.removed.length === 0) context.stdout.write(`nothing was left in ${slot}\n`);
  else {
    for (const one of report.stopped) context.stdout.write(`stopped ${one}\n`);
    for (const one of report.removed) context.stdout.write(`removed ${one}\n`);
  }
  return EXIT.done;
};
