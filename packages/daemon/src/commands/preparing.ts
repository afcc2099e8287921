import {
  type App,
  BatonError,
  checkpointFindings,
  type EnvironmentRecord,
  type Finding,
  livePinned,
  type PlannedService,
  planServices,
  type Release,
  type Releases,
  releasesNamed,
} from '@baton/core';
import type { Environment } from '../environment/environment.ts';
import { makeRelease } from '../environment/release-making.ts';
import { allReleases, readReleases, type Standing } from '../environment/standing.ts';
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

export interface RollbackOptions {
  readonly to: number | undefined;
  readonly services: readonly string[] | undefined;
  readonly force: boolean;
  readonly irreversible: boolean;
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
