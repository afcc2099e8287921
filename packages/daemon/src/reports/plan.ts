import type { PlanReport } from '@baton/api';
import type { Finding, PinnedService, PlannedService, ServiceSpec } from '@baton/core';
import { canonicalJson, type Json } from '@baton/core';
import type { Prepared } from '../commands/preparing.ts';

const same = (a: unknown, b: unknown): boolean =>
  canonicalJson((a ?? null) as Json) === canonicalJson((b ?? null) as Json);

/** Names of variables only: a value may be a secret. */
const environmentDifferences = (from: ServiceSpec, to: ServiceSpec): string[] => {
  const names = new Set([...Object.keys(from.environment), ...Object.keys(to.environment)]);
  return [...names].toSorted().flatMap((name) => {
    const [before, after] = [from.environment[name], to.environment[name]];
    if (before === after) return [];
    return [`environment ${name}: ${before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'}`];
  });
};

const COMPARED = [
  'image',
  'entrypoint',
  'command',
  'workingDir',
  'user',
  'ports',
  'dependsOn',
  'replicas',
  'resources',
  'volumes',
  'stopGraceMs',
  'stopSignal',
  'routes',
  'health',
  'smoke',
  'singleton',
  'releaseFiles',
] as const;

const differences = (from: PinnedService | undefined, to: PinnedService | undefined): readonly string[] => {
  if (from === undefined || to === undefined) return [];
  if (from.digest === to.digest)
    return COMPARED.filter((key) => !same(from.spec[key], to.spec[key])).map((key) => `${key}: changed`);
  const lines = environmentDifferences(from.spec, to.spec);
  for (const key of COMPARED) if (!same(from.spec[key], to.spec[key])) lines.push(`${key}: changed`);
  if (from.artefact !== to.artefact || lines.length === 0)
    lines.push(`files: ${from.digest.slice(7, 19)} -> ${to.digest.slice(7, 19)}`);
  return lines;
};

const placed = (side: { readonly release: number; readonly slot: 'blue' | 'green' } | null | undefined) =>
  side == null ? null : { release: side.release, slot: side.slot };

const names = (planned: readonly PlannedService[]): string => planned.map((one) => one.service).join(', ');

const stepsOf = (planned: readonly PlannedService[], bakeMs: number, drainMs: number): string[] => {
  const moving = planned.filter((one) => one.move !== undefined);
  const starting = moving.filter((one) => one.move?.to != null);
  const leaving = moving.filter((one) => one.move?.from != null);
  const specOf = (one: PlannedService): ServiceSpec | undefined => (one.move?.to ?? one.move?.from)?.pinned.spec;
  const singletons = moving.filter((one) => specOf(one)?.role === 'singleton');
  const adjusted = planned.filter((one) => one.change === 'settings-changed');
  if (moving.length === 0 && adjusted.length === 0) return [];
  const steps: string[] = [];
  if (starting.length > 0)
    steps.push(`launch ${starting.map((one) => `${one.service} in ${one.move?.to?.slot}`).join(', ')}`);
  if (starting.length > 0) steps.push('gate: every new instance is healthy and reports the expected release');
  if (starting.some((one) => (specOf(one)?.smoke.length ?? 0) > 0)) steps.push('smoke checks against the idle slot');
  for (const one of singletons) {
    const settle = specOf(one)?.singleton?.settle;
    steps.push(
      one.move?.from === null
        ? `grant the baton of ${one.service}`
        : `hand over ${one.service}: quiesce, ${settle === undefined ? '' : `settle (${settle}), `}checkpoint, revoke, proof, grant, activate`,
    );
  }
  steps.push('switch the routes; held requests go on');
  if (adjusted.length > 0) steps.push(`${names(adjusted)} goes on untouched, routed and judged by the new settings`);
  if (moving.length === 0) return steps;
  steps.push(`bake for ${bakeMs / 1000} s, with an automatic way back`);
  if (leaving.length > 0)
    steps.push(`retire ${names(leaving)} of the old release: drain up to ${drainMs / 1000} s, stop, keep its copy`);
  return steps;
};

/** What a deployment would do, and what preflight says of it. Nothing is changed by asking. */
export const planReport = (prepared: Prepared, findings: readonly Finding[]): PlanReport => {
  const { release, standing, planned } = prepared;
  const { strategy } = release.app.environment;
  const moves = planned.some((one) => one.move !== undefined || one.change === 'settings-changed');
  return {
    scope: standing.environment.scope,
    release: moves ? release.number : standing.environment.release,
    liveRelease: standing.environment.release,
    services: planned.map((one) => ({
      service: one.service,
      role: (one.move?.to ?? one.move?.from ?? one.kept)?.pinned.spec.role ?? 'unknown',
      change: one.change,
      from: placed(one.move?.from ?? one.kept),
      to: placed(one.move === undefined ? one.kept : one.move.to),
      differences:
        one.change === 'unchanged'
          ? []
          : differences((one.move?.from ?? one.kept?.before ?? one.kept)?.pinned, release.services[one.service]),
    })),
    steps: stepsOf(planned, strategy.bakeMs, strategy.drainMs),
    warnings: release.app.warnings,
    findings: [...findings, ...prepared.findings],
  };
};
