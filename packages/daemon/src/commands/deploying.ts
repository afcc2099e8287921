import type { AcceptedReport } from '@baton/api';
import { type App, type Finding, goalOf } from '@baton/core';
import { writeSecretValues } from '../adapters/secret-file.ts';
import type { Environment } from '../environment/environment.ts';
import { mustFitTagPolicy, mustFitTarget, mustPassPreflight, policyFindings } from '../environment/policy.ts';
import { accepted, cameIn, differs, goalRequest, idle, open } from './begin-goal.ts';
import { preflight } from './preflight.ts';
import { type DeployOptions, prepareDeploy, prepareRollback, type RollbackOptions } from './preparing.ts';

/**
 * What preflight says before a deployment: the environment's policy, then the target.
 * @throws BatonError `target-unsupported`
 */
export const deployFindings = async (environment: Environment, app: App): Promise<readonly Finding[]> => {
  const { target } = environment.ports;
  mustFitTarget(app, target.kind);
  return [...(await policyFindings(environment, app)), ...(await preflight(environment.ports, app))];
};

/** Deploys what the app is now. Where nothing differs, nothing is opened and no release is made. */
export const deploy = async (environment: Environment, options: DeployOptions): Promise<AcceptedReport> => {
  await idle(environment);
  mustFitTagPolicy(options.app, options.tag);
  mustPassPreflight(await deployFindings(environment, options.app));
  return await environment.copies.preparing(() => prepareAndOpen(environment, options));
};

const prepareAndOpen = async (environment: Environment, options: DeployOptions): Promise<AcceptedReport> => {
  const { standing, release, releases, planned, findings } = await prepareDeploy(environment, options, options.by);
  mustPassPreflight(findings);
  // Kept even where nothing moves: a value that was changed holds from the next start on.
  if (Object.keys(options.secretValues).length > 0)
    writeSecretValues(environment.stateDir, environment.key, options.secretValues);
  const asked = goalRequest(
    standing,
    environment.key,
    'deploy',
    release.number,
    options.app,
    options.by,
    options.force,
  );
  const goal = { ...goalOf(asked, planned), ...cameIn(standing, releases) };
  if (!differs(standing.environment, releases, planned, options.app)) {
    return accepted(
      { ...goal, generation: standing.environment.generation, release: standing.environment.release },
      true,
    );
  }
  return await open(environment, standing, goal, release);
};

/** Back to an older release: a deployment like any other, with the old copy as its goal. No window holds it back. */
export const rollback = async (
  environment: Environment,
  options: RollbackOptions,
  by: string,
): Promise<AcceptedReport> => {
  await idle(environment);
  const { standing, release, releases, planned, findings } = await prepareRollback(environment, options);
  const record = standing.environment;
  mustPassPreflight(findings);
  const { number, app } = release;
  const asked = goalRequest(standing, environment.key, 'rollback', number, app, by, options.force);
  const goal = { ...goalOf(asked, planned), ...cameIn(standing, releases) };
  if (!differs(record, releases, planned, app))
    return accepted({ ...goal, generation: record.generation, release: record.release }, true);
  return await open(environment, standing, goal, undefined);
};
