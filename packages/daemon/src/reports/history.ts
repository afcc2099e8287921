import type { AuditReport, HistoryReport, ReleaseReport } from '@baton/api';
import type { Environment } from '../environment/environment.ts';
import { pastGoals } from '../environment/past-goals.ts';
import { allReleases } from '../environment/standing.ts';

/** Entries read at a time. */
const PAGE = 1_000;

export const historyReport = async (environment: Environment): Promise<HistoryReport> => {
  const { environment: record } = await environment.standing();
  const goals = await pastGoals(environment.ports.store, environment.key);
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
