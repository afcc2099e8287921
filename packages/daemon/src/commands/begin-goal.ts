import type { AcceptedReport } from '@baton/api';
import type { App, EnvironmentRecord, Goal, GoalKind, PlannedService, Release, Releases } from '@baton/core';
import type { Environment } from '../environment/environment.ts';
import { mustBeIdle, mustHaveFreeBatons } from '../environment/policy.ts';
import type { Standing } from '../environment/standing.ts';

/** True where anything moves, or what stays is to be routed or judged otherwise. */
export const differs = (
  record: EnvironmentRecord,
  releases: Releases,
  planned: readonly PlannedService[],
  app: App,
): boolean => {
  const before = releases.get(record.release)?.app.environment.listen ?? [];
  const { listen } = app.environment;
  return (
    planned.some((one) => one.move !== undefined || one.change === 'settings-changed') ||
    before.length !== listen.length ||
    !before.every((address) => listen.includes(address))
  );
};

/** What every goal begins with. */
export const goalRequest = (
  standing: Standing,
  scope: string,
  kind: GoalKind,
  release: number,
  app: App,
  by: string,
  force: boolean,
) => ({
  generation: standing.environment.generation + 1,
  kind,
  scope,
  release,
  strategy: app.environment.strategy,
  listen: app.environment.listen,
  force,
  by,
});

/** Where clients came in until now, for a goal that may have to go back there. */
export const cameIn = (standing: Standing, releases: Releases): Pick<Goal, 'listenBefore'> => {
  const before = releases.get(standing.environment.release)?.app.environment.listen;
  return before === undefined ? {} : { listenBefore: before };
};

/** What whoever asked is told. */
export const accepted = (goal: Goal, unchanged: boolean): AcceptedReport => ({
  scope: goal.scope,
  generation: goal.generation,
  release: goal.release,
  kind: goal.kind,
  unchanged,
});

/**
 * Begins the goal, where nobody else holds what it would hand over.
 * @throws BatonError `latched`, `account-taken`, `busy`
 */
export const open = async (
  environment: Environment,
  standing: Standing,
  goal: Goal,
  release: Release | undefined,
): Promise<AcceptedReport> => {
  const latched = environment.ports.latchOf(environment.key) !== null;
  await mustHaveFreeBatons(environment.ports.store, goal, latched);
  await environment.open(standing, goal, release);
  return accepted(goal, false);
};

/** @throws BatonError `busy` with owner and step of the goal that is open */
export const idle = async (environment: Environment): Promise<void> => {
  const { environment: record } = await environment.standing();
  mustBeIdle(
    record,
    `${environment.current.step}: ${environment.current.reason}`,
    environment.session?.goal.by ?? 'another',
  );
};
