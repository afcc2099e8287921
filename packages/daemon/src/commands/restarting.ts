import type { AcceptedReport } from '@baton/api';
import { BatonError, goalOf, planRestart, releasesNamed, type StrategySpec, stopGoalOf } from '@baton/core';
import type { Environment } from '../environment/environment.ts';
import { readReleases } from '../environment/standing.ts';
import { overtakeByStop } from './asking.ts';
import { accepted, goalRequest, idle, open } from './begin-goal.ts';

/** A gated handover to a fresh start of the same release. */
export const restart = async (
  environment: Environment,
  services: readonly string[] | undefined,
  by: string,
): Promise<AcceptedReport> => {
  await idle(environment);
  const standing = await environment.standing();
  const record = standing.environment;
  const releases = await readReleases(environment.ports.store, environment.key, releasesNamed(record));
  const app = releases.get(record.release)?.app;
  if (app === undefined)
    throw new BatonError('nothing-live', `Nothing was ever live in ${environment.key}.`, {
      fault: 'user',
      hint: 'Deploy first: "baton deploy".',
    });
  const restarted = new Set(services ?? app.services.map((spec) => spec.name));
  // What a stop took down stands nowhere: it comes up anew from the release that was live.
  const planned = planRestart(record, releases, restarted);
  const goal = goalOf(goalRequest(standing, environment.key, 'restart', record.release, app, by, false), planned);
  if (goal.moves.length === 0)
    throw new BatonError('nothing-to-restart', 'None of these can be restarted by a handover.', {
      fault: 'user',
      hint: 'An accessory is not versioned: stop and deploy it.',
    });
  return await open(environment, standing, goal, undefined);
};

const STOP_STRATEGY: Pick<StrategySpec, 'bakeMs'> = { bakeMs: 0 };

/** Quiesce, settle, prove, stay down. A goal that is open is overtaken by it. */
export const stop = async (
  environment: Environment,
  services: readonly string[] | undefined,
  by: string,
): Promise<AcceptedReport> => {
  const standing = await environment.standing();
  const record = standing.environment;
  if (record.open !== null) {
    // Only a stop of everything overtakes: a part of it would leave the open goal without a way on or back.
    if (services !== undefined) await idle(environment);
    await overtakeByStop(environment, record.open.generation, by);
    return {
      scope: environment.key,
      generation: record.open.generation,
      release: record.release,
      kind: 'stop',
      unchanged: false,
    };
  }
  const releases = await readReleases(environment.ports.store, environment.key, releasesNamed(record));
  const app = releases.get(record.release)?.app;
  if (app === undefined || Object.keys(record.live).length === 0) {
    return {
      scope: environment.key,
      generation: record.generation,
      release: record.release,
      kind: 'stop',
      unchanged: true,
    };
  }
  const asked = goalRequest(standing, environment.key, 'stop', record.release, app, by, false);
  const goal = stopGoalOf(
    { ...asked, strategy: { ...asked.strategy, ...STOP_STRATEGY } },
    record,
    releases,
    services === undefined ? undefined : new Set(services),
  );
  await environment.open(standing, goal, undefined);
  return accepted(goal, false);
};
