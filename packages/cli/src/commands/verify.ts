import { type PlanReport, paths } from '@baton/api';
import { ensureDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { placeOf } from '../project/index.ts';
import { findingLines } from '../views/plan.ts';
import { viewOf } from '../views/view.ts';
import { readDeployment } from './deploy.ts';

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const { app, request } = await readDeployment(invocation, place);
  const client = await ensureDaemon(place.stateDir, context);
  const plan = await client.post<PlanReport>(paths.plan, request, { timeoutMs: 300_000, signal: context.interrupted });
  const warnings = [...new Set([...app.warnings, ...plan.warnings])];
  const ok = plan.findings.every((finding) => finding.ok);
  if (flags.json === true) printJson(context.stdout, { scope: plan.scope, ok, findings: plan.findings, warnings });
  else {
    const view = viewOf(context);
    const configuration = { ok: true, subject: 'configuration', message: `${place.declared.file} is valid` };
    const lines = findingLines([configuration, ...plan.findings], view.style);
    for (const warning of warnings) lines.push(`${view.style.warn('!')} ${warning}`);
    lines.push(ok ? `\n${plan.scope} can be deployed to` : `\n${plan.scope} cannot be deployed to yet`);
    context.stdout.write(`${lines.join('\n')}\n`);
  }
  return ok ? EXIT.done : EXIT.blocked;
};
