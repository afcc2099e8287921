import { type PlanReport, paths, type RollbackRequest } from '@baton/api';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { whoAsks } from '../project/index.ts';
import { planText } from '../views/plan.ts';
import { viewOf } from '../views/view.ts';
import { acceptAndFollow, placeAndDaemon } from './accepting.ts';

/** Every copy of the release is read whole before the answer. */
const PLAN_TIMEOUT_MS = 300_000;

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const { place, client } = await placeAndDaemon(invocation);
  const path = paths.rollback(place.app, place.environment);
  const body: RollbackRequest = {
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.service === undefined ? {} : { services: [...flags.service] }),
    force: flags.force === true,
    irreversible: flags.irreversible === true,
    by: whoAsks(context.env),
  };
  if (flags.dryRun !== true) return acceptAndFollow(invocation, place, client, path, body);
  const options = { timeoutMs: PLAN_TIMEOUT_MS, signal: context.interrupted };
  const plan = await client.post<PlanReport>(path, { ...body, dryRun: true }, options);
  if (flags.json === true) printJson(context.stdout, plan);
  else context.stdout.write(`${planText(plan, viewOf(context))}\ndry run: nothing was done\n`);
  return plan.findings.every((finding) => finding.ok) ? EXIT.done : EXIT.blocked;
};
