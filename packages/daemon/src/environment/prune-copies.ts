import { type EnginePorts, releasesNamed, type Scope, scopeKey } from '@baton/core';
import { readReleases, readStanding } from './standing.ts';

/** Releases whose copies are kept for `rollback --to`. */
const KEPT_RELEASES = 10;

/** Removes copies of releases that nothing can go back to any more, where another release is live than `before`. */
export const pruneCopies = async (ports: EnginePorts, scope: Scope, before: number): Promise<void> => {
  const key = scopeKey(scope);
  const { environment } = await readStanding(ports.store, key);
  if (environment.open !== null || environment.release === before) return;
  const first = Math.max(1, environment.lastRelease - KEPT_RELEASES + 1);
  const numbers = new Set(releasesNamed(environment, environment.previous ?? 0));
  for (let number = first; number <= environment.lastRelease; number += 1) numbers.add(number);
  const releases = await readReleases(ports.store, key, numbers);
  const keep = [...releases.values()].flatMap(({ services }) =>
    Object.values(services).map((pinned) => pinned.artefact),
  );
  await ports.target.prune(scope, keep);
};
