import { type EnvironmentRecord, type Goal, goalOf, planRestart, type Releases } from '@baton/core';

/** The same release in the other slot: the whole handover, with a dead holder as its beginning. */
export const recoveryGoal = (
  standing: Goal,
  environment: EnvironmentRecord,
  releases: Releases,
  service: string,
): Goal => {
  const request = {
    generation: environment.generation + 1,
    kind: 'recover' as const,
    scope: standing.scope,
    release: environment.release,
    strategy: { ...standing.strategy, bakeMs: 0 },
    listen: standing.listen,
    force: false,
    by: 'supervision',
  };
  return goalOf(request, planRestart(environment, releases, new Set([service])));
};
