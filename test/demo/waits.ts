import { join } from 'node:path';
import { loadApp } from '@baton/config';
import type { Deployment } from './deployment.ts';
import type { Stage } from './stage.ts';

/** What the configuration asks a deployment to wait for. Milliseconds. */
export interface ConfiguredWaits {
  readonly bakeMs: number;
  readonly drainMs: number;
  /** Answers in a row that a new instance must give, an interval apart. */
  readonly gateMs: number;
  /** How long an order of a holder that was killed may still be on its way. */
  readonly maxInFlightMs: number;
}

export const configuredWaits = (stage: Stage): ConfiguredWaits => {
  const app = loadApp({ file: join(stage.appDir, 'baton.yaml'), environment: 'local', env: {} });
  const { bakeMs, drainMs } = app.environment.strategy;
  const gateMs = Math.max(...app.services.map(({ health }) => health.successes * health.intervalMs));
  const maxInFlightMs = Math.max(0, ...app.services.map(({ singleton }) => singleton?.maxInFlightMs ?? 0));
  return { bakeMs, drainMs, gateMs, maxInFlightMs };
};

/**
 * Wall time of a deployment less what others took: the programs' starts, and the waits that were configured. The
 * bake and the drain run side by side from the switch, and a drain ends early when the last stream has ended.
 */
export const overheadMs = (deployment: Deployment, waits: ConfiguredWaits): number => {
  const { readAt, startedAt, endedAt, startingMs } = deployment;
  const since = (from: string, to: string): number => {
    const [start, end] = [readAt.get(from), readAt.get(to)];
    return start === undefined || end === undefined ? 0 : end - start;
  };
  const back = readAt.has('switched back');
  const drained = Math.min(waits.drainMs, since(back ? 'switched back' : 'switched forward', 'retired dashboard'));
  // A release that fails is watched until it fails, and is killed without having settled.
  const watched = since('switched forward', 'verdict bake');
  const afterSwitch = back ? watched + waits.maxInFlightMs + drained : Math.max(waits.bakeMs, drained);
  return endedAt - startedAt - startingMs - waits.gateMs - afterSwitch;
};
