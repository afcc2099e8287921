import { type EnginePorts, releasesNamed, type Scope, scopeKey } from '@baton/core';
import { readReleases, readStanding } from './standing.ts';

/** Releases whose copies are kept for `rollback --to`. */
const KEPT_RELEASES = 10;

/** The copies of releases: made before a record names them, and removed once nothing can go back to them. */
export class Copies {
  readonly #ports: EnginePorts;
  readonly #scope: Scope;
  #preparing = 0;
  #pruning: Promise<void> = Promise.resolve();

  constructor(ports: EnginePorts, scope: Scope) {
    this.#ports = ports;
    this.#scope = scope;
  }

  /** Runs what copies a release and opens a goal with it: the copies that no release names yet stay meanwhile. */
  async preparing<T>(work: () => Promise<T>): Promise<T> {
    this.#preparing += 1;
    try {
      await this.#pruning.catch(() => undefined);
      return await work();
    } finally {
      this.#preparing -= 1;
    }
  }

  /** Removes copies where another release is live than `before`; the next goal's end does what is left out now. */
  async prune(before: number): Promise<void> {
    if (this.#preparing > 0) return;
    this.#pruning = this.#remove(before);
    await this.#pruning;
  }

  async #remove(before: number): Promise<void> {
    const { store, target } = this.#ports;
    const key = scopeKey(this.#scope);
    const { environment } = await readStanding(store, key);
    if (environment.open !== null || environment.release === before) return;
    const first = Math.max(1, environment.lastRelease - KEPT_RELEASES + 1);
    const numbers = new Set(releasesNamed(environment, environment.previous ?? 0));
    for (let number = first; number <= environment.lastRelease; number += 1) numbers.add(number);
    const releases = await readReleases(store, key, numbers);
    const keep = [...releases.values()].flatMap(({ services }) =>
      Object.values(services).map((pinned) => pinned.artefact),
    );
    await target.prune(this.#scope, keep);
  }
}
