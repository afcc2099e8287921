import { type PlanReport, paths } from '@baton/api';
import { ensureDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { placeOf } from '../project/index.ts';
import { planText } from '../views/plan.ts';
import { viewOf } from '../views/view.ts';
import { readDeployment } from './deploy.ts';

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const { request } = await readDeployment(invocation, place);
  const client = await ensureDaemon(place.stateDir, context);
  const plan = await client.post<PlanReport>(paths.plan, request, { timeoutMs: 300_000, signal: context.interrupted });
  if (flags.json === true) printJson(context.stdout, plan);
  else context.stdout.write(planText(plan, viewOf(context)));
  const differs = plan.services.some(({ change }) => change !== 'unchanged');
  return flags.exitCode === true && differs ? EXIT.differences : EXIT.done;
};
