import type { AcceptedReport } from '@baton/api';
import {
  type App,
  BatonError,
  checkpointFindings,
  type EnvironmentRecord,
  type Finding,
  type Goal,
  type GoalKind,
  goalOf,
  livePinned,
  type PlannedService,
  planRestart,
  planServices,
  type Release,
  type Releases,
  releasesNamed,
  type StrategySpec,
  stopGoalOf,
} from '@baton/core';
import { writeSecretValues } from '../adapters/secret-file.ts';
import type { Environment } from '../environment/environment.ts';
import {
  mustBeIdle,
  mustFitTagPolicy,
  mustFitTarget,
  mustHaveFreeBatons,
  mustPassPreflight,
  policyFindings,
} from '../environment/policy.ts';
import { makeRelease } from '../environment/release-making.ts';
import { allReleases, readReleases, type Standing } from '../environment/standing.ts';
import { overtakeByStop } from './asking.ts';
import { preflight } from './preflight.ts';
import { putDown } from './put-down.ts';

export interface DeployOptions {
  readonly app: App;
  readonly services: readonly string[] | undefined;
  readonly tag: string | null;
  readonly gitCommit: string | null;
  readonly force: boolean;
  /** State that a predecessor could not read back, or that this release cannot read, may be lost. */
  readonly irreversible: boolean;
  readonly restartUnchanged: boolean;
  readonly secretValues: NonNullable<App['secretValues']>;
  readonly by: string;
}

export interface Prepared {
  readonly standing: Standing;
  readonly release: Release;
  readonly releases: Releases;
  readonly planned: readonly PlannedService[];
  /** What of the moves themselves stands in the way. */
  readonly findings: readonly Finding[];
}

const moving = (planned: readonly PlannedService[]) =>
  planned.flatMap(({ move }) => (move === undefined ? [] : [move]));

/** Pins the app as the next release and plans it; nothing is written but the copies. */
export const prepareDeploy = async (
  environment: Environment,
  options: Omit<DeployOptions, 'by' | 'secretValues'>,
  by: string,
): Promise<Prepared> => {
  const { ports } = environment;
  const standing = await environment.standing();
  const live = await readReleases(ports.store, environment.key, releasesNamed(standing.environment));
  const release = await makeRelease(ports.target, {
    app: options.app,
    number: standing.environment.lastRelease + 1,
    services: options.services,
    live: livePinned(standing.environment, live),
    tag: options.tag,
    gitCommit: options.gitCommit,
    by,
    at: ports.clock.wallMs(),
  });
  const releases: Releases = new Map([...live, [release.number, release]]);
  const asked = options.services ?? Object.keys(release.services);
  const down = await putDown(ports.store, environment.key, standing, live);
  const restart = new Set(options.restartUnchanged ? asked : down.filter((service) => asked.includes(service)));
  const planned = planServices(standing.environment, releases, release.number, restart);
  const findings = checkpointFindings(moving(planned), options.irreversible);
  return { standing, release, releases, planned, findings };
};

/** True where anything moves, or what stays is to be routed or judged otherwise. */
const differs = (
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

const request = (
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
const cameIn = (standing: Standing, releases: Releases): Pick<Goal, 'listenBefore'> => {
  const before = releases.get(standing.environment.release)?.app.environment.listen;
  return before === undefined ? {} : { listenBefore: before };
};

const accepted = (goal: Goal, unchanged: boolean): AcceptedReport => ({
  scope: goal.scope,
  generation: goal.generation,
  release: goal.release,
  kind: goal.kind,
  unchanged,
});

const open = async (
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

const idle = async (environment: Environment): Promise<void> => {
  const { environment: record } = await environment.standing();
  mustBeIdle(
    record,
    `${environment.current.step}: ${environment.current.reason}`,
    environment.session?.goal.by ?? 'another',
  );
};

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
  const { standing, release, releases, planned, findings } = await prepareDeploy(environment, options, options.by);
  mustPassPreflight(findings);
  // Kept even where nothing moves: a value that was changed holds from the next start on.
  if (Object.keys(options.secretValues).length > 0)
    writeSecretValues(environment.stateDir, environment.key, options.secretValues);
  const asked = request(standing, environment.key, 'deploy', release.number, options.app, options.by, options.force);
  const goal = { ...goalOf(asked, planned), ...cameIn(standing, releases) };
  if (!differs(standing.environment, releases, planned, options.app)) {
    return accepted(
      { ...goal, generation: standing.environment.generation, release: standing.environment.release },
      true,
    );
  }
  return await open(environment, standing, goal, release);
};

/** The last release that was good before this one. */
const previousGood = async (environment: Environment, record: EnvironmentRecord): Promise<number> => {
  if (record.previous !== null) return record.previous;
  const older = (await allReleases(environment.ports.store, environment.key)).filter(
    (release) => release.number < record.release,
  );
  throw new BatonError(
    'nothing-before',
    `${environment.key} has no release before ${record.release} that was ever live.`,
    {
      fault: 'user',
      hint:
        older.length === 0
          ? 'There is nothing to go back to yet.'
          : `Name one with --to: ${older.map((release) => release.number).join(', ')}.`,
    },
  );
};

export interface RollbackOptions {
  readonly to: number | undefined;
  readonly services: readonly string[] | undefined;
  readonly force: boolean;
  readonly irreversible: boolean;
}

/** Which release a rollback would go to, and what would move; nothing is changed. */
export const prepareRollback = async (environment: Environment, options: RollbackOptions): Promise<Prepared> => {
  const standing = await environment.standing();
  const record = standing.environment;
  const number = options.to ?? (await previousGood(environment, record));
  const releases = await readReleases(environment.ports.store, environment.key, releasesNamed(record, number));
  const release = releases.get(number);
  if (release === undefined)
    throw new BatonError('release-missing', `There is no release ${number}.`, {
      fault: 'user',
      hint: 'See "baton history".',
    });
  for (const pinned of Object.values(release.services)) {
    if (await environment.ports.target.artefactExists(pinned)) continue;
    throw new BatonError(
      'artefact-missing',
      `The copy of ${pinned.spec.name} of release ${number} is gone or damaged.`,
      {
        hint: 'Choose another release from "baton history"; nothing was changed.',
      },
    );
  }
  const down = await putDown(environment.ports.store, environment.key, standing, releases);
  const planned = planServices(record, releases, number, new Set(down)).map((one) => keepUnless(one, options.services));
  return { standing, release, releases, planned, findings: checkpointFindings(moving(planned), options.irreversible) };
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
  const asked = request(standing, environment.key, 'rollback', number, app, by, options.force);
  const goal = { ...goalOf(asked, planned), ...cameIn(standing, releases) };
  if (!differs(record, releases, planned, app))
    return accepted({ ...goal, generation: record.generation, release: record.release }, true);
  return await open(environment, standing, goal, undefined);
};

/** Leaves a service where it stands, unless it is among those that were named. */
const keepUnless = (planned: PlannedService, services: readonly string[] | undefined): PlannedService => {
  if (services === undefined || services.includes(planned.service) || planned.move === undefined) return planned;
  const { from } = planned.move;
  return {
    ...planned,
    change: 'unchanged',
    move: undefined,
    kept: from === null ? undefined : { ...from, service: planned.service },
  };
};

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
  const goal = goalOf(request(standing, environment.key, 'restart', record.release, app, by, false), planned);
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
  const asked = request(standing, environment.key, 'stop', record.release, app, by, false);
  const goal = stopGoalOf(
    { ...asked, strategy: { ...asked.strategy, ...STOP_STRATEGY } },
    record,
    releases,
    services === undefined ? undefined : new Set(services),
  );
  await environment.open(standing, goal, undefined);
  return accepted(goal, false);
};
