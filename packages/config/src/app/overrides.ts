import type { LogLevel } from '@baton/core';
import { closest, type Lookup, type Problems } from '../source/index.ts';

/** What the five variables of the shell (or of `.env`) say; they win over both files. */
export interface Overrides {
  readonly retries?: number;
  readonly intervalMs?: number;
  readonly bakeMs?: number;
  readonly rollbackTimeoutMs?: number;
  readonly logLevel?: LogLevel;
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
};

/** Reads HEALTH_CHECK_RETRIES, HEALTH_CHECK_INTERVAL, MIGRATION_GRACE_PERIOD, ROLLBACK_TIMEOUT, DEPLOYMENT_LOG_LEVEL. */
export function readOverrides(lookup: Lookup, problems: Problems): Overrides {
  const number = (variable: string, min: number, max: number, kind: 'whole' | 'seconds'): number | undefined => {
    const text = lookup(variable)?.trim();
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    const shaped = kind === 'whole' ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
    if (shaped && value >= min && value <= max) return kind === 'whole' ? value : Math.round(value * 1000);
    const noun = kind === 'whole' ? 'whole number' : 'number of seconds';
    const suggestion = kind === 'seconds' ? /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1] : undefined;
    problems.add(undefined, `variable ${variable}: "${text}" is no ${noun} from ${min} to ${max}`, suggestion);
    return undefined;
  };
  const retries = number('HEALTH_CHECK_RETRIES', 1, 1000, 'whole');
  const intervalMs = number('HEALTH_CHECK_INTERVAL', 0.05, 3600, 'seconds');
  const bakeMs = number('MIGRATION_GRACE_PERIOD', 0, 86_400, 'seconds');
  const rollbackTimeoutMs = number('ROLLBACK_TIMEOUT', 1, 86_400, 'seconds');
  const logLevel = readLevel(lookup, problems);
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(bakeMs === undefined ? {} : { bakeMs }),
    ...(rollbackTimeoutMs === undefined ? {} : { rollbackTimeoutMs }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

function readLevel(lookup: Lookup, problems: Problems): LogLevel | undefined {
  const text = lookup('DEPLOYMENT_LOG_LEVEL')?.trim();
  if (text === undefined || text === '') return undefined;
  const level = LEVELS[text.toLowerCase()];
  if (level === undefined) {
    const message = `variable DEPLOYMENT_LOG_LEVEL: "${text}" is none of DEBUG, INFO, WARN, ERROR`;
    problems.add(undefined, message, closest(text, Object.keys(LEVELS))?.toUpperCase());
  }
  return level;
}
