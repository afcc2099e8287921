import { dirname, join, resolve } from 'node:path';
import type { CliContext } from '../context.ts';

/** `--state-dir`, else `BATON_STATE_DIR`, else `.baton` beside baton.yaml; absolute. */
export const stateDirOf = (context: CliContext, flag: string | undefined, file: string | undefined): string => {
  const chosen = flag ?? (context.env.BATON_STATE_DIR || undefined);
  if (chosen !== undefined) return resolve(context.cwd, chosen);
  return join(file === undefined ? context.cwd : dirname(file), '.baton');
};
