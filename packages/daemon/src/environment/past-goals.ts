import type { GoalEvent, GoalKind, Outcome, Store } from '@baton/core';

const PAGE = 1_000;

/** A goal as the journal tells of it. */
export interface PastGoal {
  readonly release: number;
  readonly generation: number;
  readonly kind: GoalKind;
  readonly by: string;
  /** Wall time at which it was opened. */
  readonly at: number;
  /** Wall time at which it was closed. */
  readonly endedAt?: number;
  readonly outcome: Outcome | 'open';
  readonly summary: string;
}

/** Every goal of a scope, oldest first. */
export const pastGoals = async (store: Store, scope: string): Promise<readonly PastGoal[]> => {
  const goals = new Map<number, PastGoal>();
  let seq = 0;
  for (;;) {
    const page = await store.readJournal(scope, seq, PAGE);
    for (const entry of page) {
      seq = entry.seq;
      const payload = entry.payload as unknown as { readonly generation?: number };
      const event = { type: entry.type, ...payload } as unknown as GoalEvent;
      const generation = payload.generation ?? 0;
      if (event.type === 'goal.opened') {
        const { release, kind, by } = event.goal;
        goals.set(generation, { release, generation, kind, by, at: entry.at, outcome: 'open', summary: '' });
      }
      const goal = goals.get(generation);
      if (event.type === 'goal.closed' && goal !== undefined) {
        const { outcome, summary } = event;
        goals.set(generation, { ...goal, outcome, summary, endedAt: entry.at });
      }
    }
    if (page.length < PAGE) return [...goals.values()];
  }
};
