import type { Action } from '../../decide/action.ts';
import { BatonError } from '../../errors/index.ts';
import { momentOf } from '../../moment.ts';
import type { Json } from '../../ports/store.ts';
import { type EnvironmentRecord, emptyEnvironment, environmentRecordKey } from '../../release/environment.ts';
import type { Placed } from '../../release/release.ts';
import type { Session } from '../session.ts';

/** Where each service stands after this goal: on the side that took the traffic, and a singleton only where somebody holds its baton. */
const standing = (session: Session): Record<string, Placed> => {
  const { switchedAt, stopping, retired } = session.facts;
  const isDown = (service: string, side: Placed): boolean => stopping && retired.has(`${service}@${side.slot}`);
  const onTo = switchedAt.forward !== undefined && switchedAt.back === undefined;
  const live: Record<string, Placed> = {};
  for (const kept of session.goal.kept)
    if (!isDown(kept.service, kept)) live[kept.service] = { release: kept.release, slot: kept.slot };
  for (const move of session.goal.moves) {
    const side = onTo ? move.to : move.from;
    if (side === null || isDown(move.service, side)) continue;
    const singleton = side.pinned.spec.role === 'singleton';
    if (singleton && session.baton(move.service).holder === null) continue;
    live[move.service] = { release: side.release, slot: side.slot };
  }
  return live;
};

/** A look takes as long as the slowest that it asks: what it saw of the batons may be over by its end. */
const mustStandAsDecided = async (session: Session): Promise<void> => {
  const before = session.batons();
  await session.readBatons();
  for (const { service } of session.singletons()) {
    if (session.baton(service).token === before[service]?.record.token) continue;
    throw new BatonError('baton-moved', `The baton of ${service} moved before the goal was closed.`, {
      hint: 'The end is decided again from what is there now.',
    });
  }
};

/** Ends the goal: the environment's standing and the journal's last word, in one transaction. */
export const close = async (session: Session, action: Extract<Action, { kind: 'close' }>): Promise<void> => {
  const { ports, goal } = session;
  await mustStandAsDecided(session);
  const key = environmentRecordKey(goal.scope);
  const stored = await ports.store.get(key);
  const before = (stored?.value as unknown as EnvironmentRecord | undefined) ?? emptyEnvironment(goal.scope);
  const committed = action.outcome === 'committed';
  const next: EnvironmentRecord = {
    ...before,
    live: standing(session),
    release: committed ? goal.release : before.release,
    previous: committed && goal.release !== before.release ? before.release || null : before.previous,
    stopped:
      action.outcome === 'stopped' ||
      ((goal.kind === 'stop' || session.facts.stopping) && action.outcome === 'needs-operator'),
    open: null,
    last: { generation: goal.generation, release: goal.release, outcome: action.outcome },
  };
  await session.commit(
    [{ key, expectedVersion: stored?.version ?? 0, value: next as unknown as Json }],
    [{ type: 'goal.closed', at: momentOf(ports.clock), outcome: action.outcome, summary: action.summary }],
  );
};
