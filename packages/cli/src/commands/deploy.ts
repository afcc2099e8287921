import { dirname } from 'node:path';
import { type DeployRequest, type PlanReport, type PlanRequest, paths } from '@baton/api';
import type { App } from '@baton/core';
import { ensureDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';
import { gitCommit, loadAppOf, type Place, placeOf, whoAsks } from '../project/index.ts';
import { planText } from '../views/plan.ts';
import { viewOf } from '../views/view.ts';
import { acceptAndFollow } from './accepting.ts';

/** The configuration, and what is asked of the daemon, as far as plan and deployment agree. */
export const readDeployment = async (
  { context, flags, verb }: Invocation,
  place: Place,
): Promise<{ readonly app: App; readonly request: PlanRequest }> => {
  // Git answers while the configuration is read.
  const asked = gitCommit(dirname(place.declared.file));
  const app = await loadAppOf(context, place, verb);
  const commit = await asked;
  const request = {
    // The daemon takes the app as it was read here: plain data, its own schema.
    app: app as unknown as PlanRequest['app'],
    ...(flags.service === undefined ? {} : { services: [...flags.service] }),
    ...(flags.tag === undefined ? {} : { tag: flags.tag }),
    ...(commit === undefined ? {} : { gitCommit: commit }),
    force: flags.force === true,
    irreversible: flags.irreversible === true,
  };
  return { app, request };
};

/** Somewhere that others watch: tags are restricted there, or somebody has to approve. */
const isGuarded = ({ environment }: App): boolean => environment.tags !== 'any' || environment.approvals > 0;

const agreed = async (context: Invocation['context'], app: App): Promise<boolean> => {
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message: `Deploy this to ${app.environment.name}?`, initialValue: false });
  if (answer !== true) context.stdout.write('nothing was done\n');
  return answer === true;
};

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const { app, request } = await readDeployment(invocation, place);
  context.interrupted.throwIfAborted();
  const client = await ensureDaemon(place.stateDir, context);
  const asks = isGuarded(app) && context.canAsk && flags.yes !== true && flags.json !== true;
  if (flags.dryRun === true || asks) {
    const plan = await client.post<PlanReport>(paths.plan, request, { timeoutMs: 300_000 });
    if (flags.json === true) printJson(context.stdout, plan);
    else context.stdout.write(planText(plan, viewOf(context)));
    if (flags.dryRun === true) {
      if (flags.json !== true) context.stdout.write('\ndry run: nothing was done\n');
      return plan.findings.every((finding) => finding.ok) ? EXIT.done : EXIT.blocked;
    }
    if (!(await agreed(context, app))) return EXIT.failed;
  }
  if (flags.json !== true) for (const warning of app.warnings) context.stderr.write(`warning: ${warning}\n`);
  const body: DeployRequest = { ...request, by: whoAsks(context.env) };
  return acceptAndFollow(invocation, place, client, paths.deploy, body);
};
