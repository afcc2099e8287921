import {
  BatonError,
  type EnvironmentRecord,
  emptyEnvironment,
  environmentRecordKey,
  type GoalEvent,
  type GoalReference,
  type Release,
  type Releases,
  releaseRecordKey,
  type Store,
} from '@baton/core';

/** How an environment stands, read from the store. */
export interface Standing {
  readonly environment: EnvironmentRecord;
  /** Version of the record; 0 where there is none yet. */
  readonly version: number;
}

export const readStanding = async (store: Store, scope: string): Promise<Standing> => {
  const stored = await store.get(environmentRecordKey(scope));
  if (stored === undefined) return { environment: emptyEnvironment(scope), version: 0 };
  return { environment: stored.value as unknown as EnvironmentRecord, version: stored.version };
};

/**
 * The releases with these numbers.
 * @throws BatonError `release-missing` where one was never made or is gone
 */
export const readReleases = async (store: Store, scope: string, numbers: Iterable<number>): Promise<Releases> => {
  const releases = new Map<number, Release>();
  for (const number of numbers) {
    const stored = await store.get(releaseRecordKey(scope, number));
    if (stored === undefined) {
      throw new BatonError('release-missing', `There is no release ${number} of ${scope}.`, {
        fault: 'user',
        hint: `Run "baton history" to see which releases there are.`,
      });
    }
    releases.set(number, stored.value as unknown as Release);
  }
  return releases;
};

export const allReleases = async (store: Store, scope: string): Promise<readonly Release[]> =>
  (await store.list(`release/${scope}/`)).map((stored) => stored.value as unknown as Release);

const PAGE = 1_000;

/** The events of one goal, oldest first, with the place of the last. */
export const readGoalEvents = async (
  store: Store,
  scope: string,
  generation: number,
  afterSeq: number,
): Promise<{ readonly events: readonly GoalEvent[]; readonly lastSeq: number }> => {
  const events: GoalEvent[] = [];
  let seq = afterSeq;
  for (;;) {
    const page = await store.readJournal(scope, seq, PAGE);
    for (const entry of page) {
      seq = entry.seq;
      const payload = entry.payload as { readonly generation?: number };
      if (payload.generation === generation) events.push({ type: entry.type, ...payload } as unknown as GoalEvent);
    }
    if (page.length < PAGE) return { events, lastSeq: seq };
  }
};

export const referenceIn = (events: readonly GoalEvent[]): GoalReference => {
  const opened = events.find((event) => event.type === 'goal.opened');
  if (opened?.type === 'goal.opened') return opened.goal;
  throw new BatonError('journal-incomplete', 'The journal does not say what the open goal is.', {
    hint: 'Run "baton audit --verify"; nothing is done until it is mended.',
  });
};
