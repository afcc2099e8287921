import type { AuditReport, HistoryReport, ReleaseReport } from '@baton/api';
import type { GoalEvent, GoalKind, Outcome } from '@baton/core';
import type { Environment } from '../environment/environment.ts';
import { allReleases } from '../environment/standing.ts';

const PAGE = 1_000;

interface Ended {
  readonly release: number;
  readonly generation: number;
  readonly kind: GoalKind;
  readonly by: string;
  readonly at: number;
  outcome: Outcome | 'open';
  summary: string;
}

const goalsOf = async (environment: Environment): Promise<readonly Ended[]> => {
  const goals = new Map<number, Ended>();
  let seq = 0;
  for (;;) {
    const page = await environment.ports.store.readJournal(environment.key, seq, PAGE);
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
        goal.outcome = event.outcome;
        goal.summary = event.summary;
      }
    }
    if (page.length < PAGE) return [...goals.values()];
  }
};

export const historyReport = async (environment: Environment): Promise<HistoryReport> => {
  const { environment: record } = await environment.standing();
  const goals = await goalsOf(environment);
  const releases: ReleaseReport[] = [];
  for (const release of await allReleases(environment.ports.store, environment.key)) {
    const copies = await Promise.all(
      Object.values(release.services).map(async (pinned) => await environment.ports.target.artefactExists(pinned)),
    );
    releases.push({
      release: release.number,
      tag: release.tag,
      gitCommit: release.gitCommit,
      createdAt: release.createdAt,
      createdBy: release.createdBy,
      live: record.release === release.number,
      kept: copies.every(Boolean),
      outcomes: goals
        .filter((goal) => goal.release === release.number)
        .map(({ generation, kind, outcome, at, by, summary }) => ({ generation, kind, outcome, at, by, summary })),
    });
  }
  return { scope: environment.key, releases };
};

/** The newest entries of the journal; with `verify`, every hash of it is computed again. */
export const auditReport = async (environment: Environment, limit: number, verify: boolean): Promise<AuditReport> => {
  const { store } = environment.ports;
  const entries: AuditReport['entries'][number][] = [];
  let seq = 0;
  for (;;) {
    const page = await store.readJournal(environment.key, seq, PAGE);
    seq = page.at(-1)?.seq ?? seq;
    entries.push(
      ...page.map((entry) => ({
        seq: entry.seq,
        at: entry.at,
        type: entry.type,
        payload: entry.payload,
        hash: entry.hash,
      })),
    );
    if (entries.length > limit) entries.splice(0, entries.length - limit);
    if (page.length < PAGE) break;
  }
  const fault = verify ? ((await store.verifyJournal(environment.key)) ?? null) : null;
  return { scope: environment.key, entries, fault, verified: verify };
};
