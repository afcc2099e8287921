import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EnginePorts, ServiceSpec, Store, Venue } from '@baton/core';
import {
  hostSecrets,
  httpLifecycle,
  httpProber,
  randomIds,
  readLatchFile,
  readSecretValues,
  systemClock,
} from '@baton/daemon';
import { GatewayClient } from '@baton/gateway/client';
import { openSqliteStore } from '@baton/store-sqlite';
import { processTarget } from '@baton/target-process';
import { RestVenue } from '@baton/venue/client';

/** What the gateway may hold for one scope, past which it answers 503. */
const HOLD_REQUESTS = 10_000;
const HOLD_BYTES = 256 * 1024 * 1024;
const VENUE_TIMEOUT_MS = 5_000;

/** Where the parts of a host keep their state, under one folder that only its owner may enter. */
export const statePaths = (stateDir: string) => ({
  store: join(stateDir, 'state.db'),
  gateway: join(stateDir, 'gateway'),
  target: join(stateDir, 'process'),
});

const venues = (): ((spec: ServiceSpec) => Venue | undefined) => {
  const open = new Map<string, RestVenue>();
  return ({ singleton }) => {
    const url = singleton?.venueUrl;
    if (url === undefined) return undefined;
    const venue = open.get(url) ?? new RestVenue({ url, timeoutMs: VENUE_TIMEOUT_MS });
    open.set(url, venue);
    return venue;
  };
};

/**
 * The one place where the ports of the engine meet what stands behind them on this host.
 * @param openStore for whoever must go on without the store
 */
export const hostPorts = async (
  stateDir: string,
  openStore: (file: string) => Promise<Store> = (file) => openSqliteStore({ file }),
): Promise<Omit<EnginePorts, 'emit'>> => {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const paths = statePaths(stateDir);
  const clock = systemClock();
  const secretOf = hostSecrets(stateDir);
  return {
    store: await openStore(paths.store),
    target: processTarget({ stateDir: paths.target, clock }),
    traffic: new GatewayClient(paths.gateway),
    lifecycle: httpLifecycle(secretOf),
    venue: venues(),
    prober: httpProber(),
    clock,
    ids: randomIds(),
    secretOf,
    secretValuesOf: (scope, service, names) => readSecretValues(stateDir, scope, service, names),
    latchOf: (scope) => readLatchFile(stateDir, scope),
    holdBounds: { maxRequests: HOLD_REQUESTS, maxBytes: HOLD_BYTES },
  };
};
