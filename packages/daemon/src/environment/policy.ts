import {
  type App,
  BatonError,
  type BatonRecord,
  batonKey,
  batonRecordKey,
  type EnvironmentRecord,
  type Finding,
  type Goal,
  type Store,
} from '@baton/core';

const blocked = (code: string, message: string, hint: string): BatonError =>
  new BatonError(code, message, { fault: 'user', hint });

/** Refuses a second goal: one is open for an environment at a time, the bake included. */
export const mustBeIdle = (environment: EnvironmentRecord, step: string, owner: string): void => {
  if (environment.open === null) return;
  throw blocked(
    'busy',
    `${environment.scope} is being deployed (goal ${environment.open.generation}, by ${owner}): ${step}.`,
    'Follow it with "baton monitor", end its bake with "baton promote", or go back with "baton abort".',
  );
};

const SEMVER = /^v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/** The environment's tag policy; `any` asks for none. */
export const mustFitTagPolicy = (app: App, tag: string | null): void => {
  const { tags, name } = app.environment;
  if (tags === 'semver' && (tag === null || !SEMVER.test(tag))) {
    throw blocked(
      'tag-policy',
      `${name} takes tags of the form vX.Y.Z only, and got ${tag ?? 'none'}.`,
      'Give one with --tag v1.2.3.',
    );
  }
  if (tags === 'digest' && tag !== null && !tag.startsWith('sha256:')) {
    throw blocked(
      'tag-policy',
      `${name} takes digests only, and got ${tag}.`,
      'Give one with --tag sha256:..., or none to deploy what is built here.',
    );
  }
};

/** No baton that this goal needs may be latched, or held by another app or environment. */
export const mustHaveFreeBatons = async (store: Store, goal: Goal, fileLatched: boolean): Promise<void> => {
  for (const move of goal.moves) {
    const spec = (move.to ?? move.from)?.pinned.spec;
    if (spec?.role !== 'singleton') continue;
    const key = batonKey(goal.scope, move.service, spec.singleton?.account);
    const stored = await store.get(batonRecordKey(key));
    const record = stored?.value as unknown as BatonRecord | undefined;
    if (record?.latch != null || fileLatched) {
      throw blocked(
        'latched',
        `The emergency stop is set for ${move.service}: nothing may act.`,
        'Run "baton arm" once you know why it was set.',
      );
    }
    const other = record?.holder ?? record?.unproven;
    if (other != null && other.scope !== goal.scope) {
      throw blocked(
        'account-taken',
        `Account ${spec.singleton?.account} is traded by ${other.service} of ${other.scope}.`,
        `Stop that one first: "baton stop" in ${other.scope}.`,
      );
    }
  }
};

export const mustPassPreflight = (findings: readonly Finding[]): void => {
  const failed = findings.filter((finding) => !finding.ok);
  if (failed.length === 0) return;
  const [first] = failed;
  const text = failed.map((finding) => `${finding.subject}: ${finding.message}`).join('; ');
  throw blocked(
    'preflight-failed',
    `Preflight refused: ${text}.`,
    first?.hint ?? 'Run "baton verify" to see every check.',
  );
};
