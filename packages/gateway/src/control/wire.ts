import {
  BatonError,
  type Fault,
  type HoldBounds,
  type PeerRoute,
  type PoolSpec,
  type TrafficConfig,
  type TrafficObservation,
  type TrafficRoute,
} from '@baton/core';
import { parseAddress } from '../routing/index.ts';

/**
 * The wire between a gateway and whoever drives it: `POST /<operation>` with JSON on a Unix socket. Answers are
 * 200 with the result, or 4xx/5xx with {@link WireError}. A gateway refuses a client that speaks another version.
 */
export const WIRE_VERSION = 1;
export const VERSION_HEADER = 'x-baton-gateway-wire';
export const SOCKET_NAME = 'gateway.sock';

export interface ApplyRequest {
  readonly config: TrafficConfig;
}
export interface HoldRequest {
  readonly scope: string;
  readonly epoch: number;
  readonly services: readonly string[];
  readonly bounds: HoldBounds;
  readonly inFlightWaitMs: number;
}
export interface HoldAnswer {
  readonly inFlight: number;
}
export interface ReleaseRequest {
  readonly scope: string;
  readonly epoch: number;
  readonly services: readonly string[];
  /** Put in force in the same step. */
  readonly config?: TrafficConfig;
}
export interface ReleaseAnswer {
  readonly released: number;
  readonly maxHeldMs: number;
}
export interface DrainRequest {
  readonly scope: string;
  readonly epoch: number;
  readonly pool: string;
  readonly deadlineMs: number;
  readonly reason: 'drained' | 'singleton-replaced';
}
export interface DrainAnswer {
  readonly cut: number;
}
export interface RemoveRequest {
  readonly scope: string;
  readonly epoch: number;
}
export interface ObserveRequest {
  readonly scope: string;
}
export interface ObserveAnswer extends Omit<TrafficObservation, 'config'> {
  readonly config: TrafficConfig | null;
}
export interface TakeoverRequest {
  /** The program and arguments of the successor; by default the ones that this gateway was started with. */
  readonly command?: readonly string[];
}
export interface TakeoverAnswer {
  readonly pid: number;
}
export interface HealthAnswer {
  readonly status: 'healthy' | 'closing';
  readonly pid: number;
  readonly wire: number;
  readonly peerAddress: string;
  readonly listening: readonly string[];
  readonly scopes: readonly string[];
  /** True while the gateway that this one replaced still serves connections. */
  readonly predecessor: boolean;
}
export interface WireError {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string; readonly fault: Fault };
}

const refuse = (problem: string): never => {
  throw new BatonError('control-request-invalid', `The gateway was asked something it cannot read: ${problem}`, {
    fault: 'bug',
    hint: 'Use a daemon and a gateway of the same release.',
  });
};

type Fields = Readonly<Record<string, unknown>>;

export const fields = (value: unknown, what: string): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : refuse(`${what} is no object`);
export const text = (from: Fields, name: string): string => {
  const value = from[name];
  return typeof value === 'string' && value !== '' ? value : refuse(`"${name}" is no text`);
};
export const count = (from: Fields, name: string): number => {
  const value = from[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : refuse(`"${name}" is no number`);
};
export const list = (from: Fields, name: string): readonly unknown[] => {
  const value = from[name];
  return Array.isArray(value) ? value : refuse(`"${name}" is no list`);
};
export const texts = (from: Fields, name: string): readonly string[] =>
  list(from, name).map((item) =>
    typeof item === 'string' ? item : refuse(`"${name}" holds something other than text`),
  );

export const readBounds = (value: unknown): HoldBounds => {
  const from = fields(value, 'bounds');
  return { maxMs: count(from, 'maxMs'), maxRequests: count(from, 'maxRequests'), maxBytes: count(from, 'maxBytes') };
};

const readPool = (value: unknown): PoolSpec => {
  const from = fields(value, 'pool');
  const members = texts(from, 'members');
  for (const member of members) parseAddress(member);
  return { id: text(from, 'id'), members };
};

const readRoute = (value: unknown): TrafficRoute => {
  const from = fields(value, 'route');
  const { host, port } = parseAddress(text(from, 'listen'));
  const path = text(from, 'path');
  if (!path.startsWith('/')) refuse(`the path "${path}" does not begin with a slash`);
  return {
    id: text(from, 'id'),
    listen: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ...(from.host === undefined || from.host === null ? {} : { host: text(from, 'host') }),
    path,
    pool: text(from, 'pool'),
    service: text(from, 'service'),
  };
};

const readPeer = (value: unknown): PeerRoute => {
  const from = fields(value, 'peer');
  const prefix = text(from, 'prefix');
  if (!prefix.startsWith('/')) refuse(`the prefix "${prefix}" does not begin with a slash`);
  return { prefix, pool: text(from, 'pool') };
};

/** @throws BatonError `control-request-invalid`, `address-invalid` */
export const readConfig = (value: unknown): TrafficConfig => {
  const from = fields(value, 'config');
  const pools = list(from, 'pools').map(readPool);
  const routes = list(from, 'routes').map(readRoute);
  const peers = list(from, 'peers').map(readPeer);
  const known = new Set(pools.map((pool) => pool.id));
  for (const { pool } of [...routes, ...peers])
    if (!known.has(pool)) refuse(`a route leads to "${pool}", which is no pool`);
  if (known.size !== pools.length) refuse('a pool is named twice');
  return { scope: text(from, 'scope'), epoch: count(from, 'epoch'), pools, routes, peers };
};
