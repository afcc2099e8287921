import type { LogReport } from '@baton/api';
import { scopeOf } from '@baton/core';
import type { Environment } from '../environment/environment.ts';

export interface LogQuery {
  readonly service: string | undefined;
  readonly slot: string | undefined;
  readonly sinceMs: number;
  readonly limit: number;
}

/** The newest lines of whatever matches, in the order in which they were written. */
export const logReport = async (environment: Environment, query: LogQuery): Promise<LogReport> => {
  const seen = await environment.ports.target.observe(scopeOf(environment.key));
  if (!seen.known) return { lines: [] };
  const wanted = seen.value.filter(
    (view) =>
      (query.service === undefined || view.service === query.service) &&
      (query.slot === undefined || view.slot === query.slot),
  );
  const all = await Promise.all(
    wanted.map(async ({ instance, service, slot, release }) => {
      const lines = await environment.ports.target.logs(instance, query.sinceMs, query.limit);
      return lines.map((line) => ({
        at: line.at,
        service,
        slot,
        release,
        instance,
        stream: line.stream,
        text: line.text,
      }));
    }),
  );
  return {
    lines: all
      .flat()
      .toSorted((a, b) => a.at - b.at)
      .slice(-query.limit),
  };
};
