import type { LogLevel } from '@baton/core';

/** Where the daemon says what it does; one line each. */
export type Log = (level: LogLevel, message: string, fields: Record<string, unknown>) => void;
