import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditReport, paths } from '@baton/api';
import { hasCode } from '@baton/core/errors';
import { withRunningDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';
import { type Place, placeOf } from '../project/index.ts';
import { auditText, fileAuditText } from '../views/audit.ts';
import { viewOf } from '../views/view.ts';

const DEFAULT_LIMIT = 50;
/** The whole chain is computed again. */
const VERIFY_TIMEOUT_MS = 120_000;

/** Without the daemon the file itself is checked, and nothing in it is changed. */
const offline = async ({ context, flags }: Invocation, { stateDir }: Place): Promise<number> => {
  const { auditFile } = await import('@baton/store-sqlite');
  const audit = await auditFile(join(stateDir, 'state.db'));
  if (flags.json === true) printJson(context.stdout, { ...audit, verified: audit.ok });
  else context.stdout.write(fileAuditText(audit, viewOf(context)));
  return audit.ok ? EXIT.done : EXIT.failed;
};

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const verify = flags.verify === true;
  const query = `limit=${flags.limit ?? DEFAULT_LIMIT}${verify ? '&verify=1' : ''}`;
  const path = `${paths.audit(place.app, place.environment)}?${query}`;
  try {
    const options = { timeoutMs: VERIFY_TIMEOUT_MS, signal: context.interrupted };
    const report = await withRunningDaemon(place.stateDir, context, (client) => client.get<AuditReport>(path, options));
    if (flags.json === true) printJson(context.stdout, report);
    else context.stdout.write(auditText(report, verify, viewOf(context)));
    return report.fault === null ? EXIT.done : EXIT.failed;
  } catch (error) {
    const down = hasCode(error, 'daemon-down') || hasCode(error, 'daemon-silent') || hasCode(error, 'store-corrupt');
    if (!verify || !down || !existsSync(join(place.stateDir, 'state.db'))) throw error;
    return offline(invocation, place);
  }
};
