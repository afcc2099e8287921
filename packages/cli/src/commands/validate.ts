import { paths, type StatusReport } from '@baton/api';
import { withRunningDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { environmentAndSlot, placeOf } from '../project/index.ts';
import { findingLines } from '../views/plan.ts';
import { validate } from '../views/validation.ts';
import { viewOf } from '../views/view.ts';

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { environment: asked, slot } = environmentAndSlot(invocation);
  const { app, environment, stateDir } = await placeOf(invocation, asked);
  const status = await withRunningDaemon(stateDir, context, (client) =>
    client.get<StatusReport>(paths.status(app, environment)),
  );
  const findings = validate(status, slot, environment);
  const valid = findings.every(({ ok }) => ok);
  if (flags.json === true) printJson(context.stdout, { scope: status.scope, slot: slot ?? null, valid, findings });
  else {
    const { style } = viewOf(context);
    const what = slot === undefined ? status.scope : `${status.scope} ${slot}`;
    const word = valid ? style.good('as it should be') : style.bad('not as it should be');
    context.stdout.write(`${[...findingLines(findings, style), '', `${style.strong(what)}: ${word}`].join('\n')}\n`);
  }
  return valid ? EXIT.done : EXIT.failed;
};
