import type { EnginePorts } from '@baton/core';
import {
  BatonError,
  type EnvironmentRecord,
  environmentRecordKey,
  type Goal,
  type Json,
  momentOf,
  type RecordWrite,
  type Release,
  referenceOf,
  releaseRecordKey,
} from '@baton/core';
import type { Standing } from './standing.ts';

const busy = (scope: string): BatonError =>
  new BatonError('busy', `${scope} was changed by another command at the same moment.`, {
    fault: 'user',
    hint: 'Look at "baton status" and ask again.',
  });

/**
 * Opens a goal: its release where it is new, the environment's record and the journal's first entry, in one
 * transaction. Of two that open at once, one is refused.
 * @throws BatonError `busy`
 */
export const openGoal = async (
  ports: EnginePorts,
  standing: Standing,
  goal: Goal,
  release: Release | undefined,
  lock: { readonly lock: string; readonly epoch: number },
): Promise<void> => {
  const { store, clock } = ports;
  const { environment, version } = standing;
  // Whoever asked may have seen it idle earlier than this standing was read: pinning a release takes its time.
  if (environment.open !== null) throw busy(goal.scope);
  const head = await store.readJournal(goal.scope, 0, 1);
  const seq = head.length === 0 ? 0 : await lastSeq(ports, goal.scope);
  const next: EnvironmentRecord = {
    ...environment,
    lastRelease: Math.max(environment.lastRelease, release?.number ?? 0),
    generation: goal.generation,
    open: { generation: goal.generation, seq },
    stopped: goal.kind === 'stop' ? environment.stopped : false,
  };
  const writes: RecordWrite[] = [
    { key: environmentRecordKey(goal.scope), expectedVersion: version, value: next as unknown as Json },
  ];
  if (release !== undefined) {
    writes.push({
      key: releaseRecordKey(goal.scope, release.number),
      expectedVersion: 0,
      value: release as unknown as Json,
    });
  }
  const opened = { type: 'goal.opened' as const, at: momentOf(clock), goal: referenceOf(goal) };
  const { type, ...payload } = opened;
  const result = await store.transact({
    writes,
    append: [
      {
        stream: goal.scope,
        type,
        at: clock.wallMs(),
        payload: { ...payload, generation: goal.generation } as unknown as Json,
      },
    ],
    fence: { lock: lock.lock, fencingToken: lock.epoch },
  });
  if (!result.ok) {
    throw busy(goal.scope);
  }
  ports.emit(goal.scope, opened);
};

const PAGE = 1_000;
const lastSeq = async (ports: EnginePorts, scope: string): Promise<number> => {
  let seq = 0;
  for (;;) {
    const page = await ports.store.readJournal(scope, seq, PAGE);
    seq = page.at(-1)?.seq ?? seq;
    if (page.length < PAGE) return seq;
  }
};
