import type { HealthSpec } from './health-spec.ts';

/** How many instances of a service may act at once, and whether it is versioned with the release. */
export type Role = 'replicated' | 'singleton' | 'accessory';

/** What happens to open orders and positions when the baton moves. There is no default. */
export type SettlePolicy = 'flatten' | 'transfer' | 'keep';

/** `cold` starts only when it may act; `warm` comes up in standby and waits. */
export type StartMode = 'cold' | 'warm';
/** How a singleton is told to quiesce and settle. */
export type StopMode = 'signal' | 'http' | 'exec';

/** Commands for `stop: exec`; each an argument vector, never a shell line. */
export interface ExecHooks {
  readonly quiesce?: readonly string[];
  readonly settle?: readonly string[];
  readonly checkpoint?: readonly string[];
  /** Prints JSON `{"openOrders":n,"positions":n,"inFlight":n}`; any other answer is unknown. */
  readonly exposure?: readonly string[];
}

export interface SingletonSpec {
  readonly start: StartMode;
  readonly stop: StopMode;
  readonly exec?: ExecHooks;
  /** The broker account it trades; absent for a singleton that does not trade. Keys the baton. */
  readonly account?: string;
  readonly settle?: SettlePolicy;
  readonly reconcile: 'venue' | 'none';
  /** The base address of the venue's API, where `reconcile: venue`. */
  readonly venueUrl?: string;
  /** Which orders are ours, as `prefix:<text>`. */
  readonly clientIds?: string;
  /** How long a sent order may still land after its sender died. */
  readonly maxInFlightMs: number;
  readonly settleTimeoutMs: number;
  /** Whether a lost lease alone may pass the baton (ECS). Absent means `confirmed-death`. */
  readonly takeover?: 'confirmed-death' | 'lease';
  readonly checkpoint?: CheckpointSpec;
}

/** Which formats of checkpoint a release writes and reads; a predecessor that cannot read ours is no way back. */
export interface CheckpointSpec {
  readonly writes?: string;
  readonly reads: readonly string[];
  /** How often it is repeated while acting. */
  readonly intervalMs: number;
}

/** Bounds within which a replicated service scales by itself. */
export interface ScaleSpec {
  readonly min: number;
  readonly max: number;
  /** Share of the CPU that is aimed at, 0..1. */
  readonly targetCpuShare: number;
}

/** Where client traffic for a service comes in. */
export interface RouteSpec {
  /** Only requests for this host name; absent means any. */
  readonly host?: string;
  /** Path prefix, `/` for everything. */
  readonly path: string;
}

/** A port of the service; `published` is the host address that clients use, carried by the gateway. */
export interface PortSpec {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly published?: { readonly host: string; readonly port: number };
}

export interface VolumeSpec {
  readonly kind: 'bind' | 'volume' | 'tmpfs';
  readonly source?: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `${VAR}` already resolved; sizes in bytes, cores as a fraction. */
export interface ResourceSpec {
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

/** One command to run against the idle slot before it takes traffic. */
export interface SmokeCheck {
  readonly name: string;
  readonly http?: { readonly port: number; readonly path: string; readonly status: number };
  readonly command?: readonly string[];
}

/** One service of the app: compose's model and Baton's own keys together. */
export interface ServiceSpec {
  readonly name: string;
  readonly role: Role;
  readonly image?: string;
  /** Build context, absolute. */
  readonly context?: string;
  readonly dockerfile?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PortSpec[];
  readonly dependsOn: readonly string[];
  readonly replicas: number;
  readonly resources: ResourceSpec;
  readonly volumes: readonly VolumeSpec[];
  readonly networks: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopGraceMs: number;
  readonly stopSignal: string;
  readonly routes: readonly RouteSpec[];
  readonly health: HealthSpec;
  readonly smoke: readonly SmokeCheck[];
  /** Present exactly when `role` is `singleton`. */
  readonly singleton?: SingletonSpec;
  /** Files beside the context that belong to the release (a bind-mounted strategy), absolute. */
  readonly releaseFiles: readonly string[];
  /** Names of the app's secrets that this service is given; absent means all. */
  readonly secrets?: readonly string[];
  readonly scale?: ScaleSpec;
  /** Everything else of the compose service, resolved, for targets that pass it through. */
  readonly compose: Readonly<Record<string, unknown>>;
}
