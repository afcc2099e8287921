import {
  type App,
  approvalFinding,
  BatonError,
  type BatonRecord,
  batonKey,
  batonRecordKey,
  type EnvironmentRecord,
  type Finding,
  type Goal,
  limitFindings,
  limitsRisk,
  type Store,
  unknown,
  windowFinding,
} from '@baton/core';

import type { Environment } from './environment.ts';
import { openRisk } from './open-risk.ts';
import { pastGoals } from './past-goals.ts';

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

/** A daemon serves one kind of target; it runs nothing that was declared for another. */
export const mustFitTarget = (app: App, served: App['environment']['target']): void => {
  const { name, target } = app.environment;
  if (target === served) return;
  throw blocked(
    'target-unsupported',
    `${name} is declared for target ${target}, and this version deploys to target ${served} only.`,
    'Name an environment of that target.',
  );
};

/**
 * Whether a deployment may begin here and now: the environment's approvals, windows and limits. Rollback,
 * restart, stop and recovery are never held back by these.
 */
export const policyFindings = async (environment: Environment, app: App): Promise<readonly Finding[]> => {
  const { ports, key } = environment;
  const { windows = [], limits = {} } = app.policy ?? {};
  const nowMs = ports.clock.wallMs();
  const goals = Object.keys(limits).length === 0 ? [] : await pastGoals(ports.store, key);
  const deployments = goals
    .filter(({ kind }) => kind === 'deploy')
    .map(({ at, endedAt }) => (endedAt === undefined ? { beganAt: at } : { beganAt: at, endedAt }));
  const risk = limitsRisk(limits) ? await openRisk(ports, await environment.snapshot()) : unknown('it was not asked');
  const said = [approvalFinding(app.environment.approvals), windowFinding(windows, nowMs)];
  return [...said.filter((finding) => finding !== undefined), ...limitFindings(limits, { nowMs, deployments, risk })];
};
