import type { PolicySpec } from './policy.ts';
import type {
  ComposeResources,
  EcsEnvironmentSpec,
  ImagesSpec,
  MigrationsSpec,
  NameTemplates,
  RetiredFlagSpec,
  TlsSpec,
} from './resources.ts';
import type { ServiceSpec } from './service.ts';

export type TargetKind = 'process' | 'docker' | 'ecs';
export type TagPolicy = 'any' | 'digest' | 'semver';

/** Timings of a deployment, all in milliseconds. */
export interface StrategySpec {
  /** Time observed healthy after the switch before the old release is retired. */
  readonly bakeMs: number;
  /** How long requests and streams of the old slot may take to end by themselves. */
  readonly drainMs: number;
  /** The longest a request is held by the gateway before it gets 503. */
  readonly holdMs: number;
  /** How long going back may take before a person is asked. */
  readonly rollbackTimeoutMs: number;
  /** How long a new instance may take to pass its gate, where its health block does not say. */
  readonly gateTimeoutMs: number;
}

/** A named place to deploy to. */
export interface EnvironmentSpec {
  readonly name: string;
  readonly target: TargetKind;
  /** `ssh://user@host`, absent for this machine. */
  readonly host?: string;
  /** Gateway addresses for routes, `host:port`. */
  readonly listen: readonly string[];
  readonly region?: string;
  readonly awsAccount?: string;
  readonly tags: TagPolicy;
  readonly approvals: number;
  readonly strategy: StrategySpec;
  /** Values that differ in this environment, by service: count, cpu, memory, environment. */
  readonly preset: Readonly<Record<string, unknown>>;
  /** Present where the listeners speak TLS. */
  readonly tls?: TlsSpec;
  /** Present exactly when `target` is `ecs`. */
  readonly ecs?: EcsEnvironmentSpec;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface FlagSpec {
  readonly name: string;
  readonly type: 'boolean' | 'string' | 'integer';
  readonly env: string;
  readonly default: string;
}

/** The whole configuration of one app for one environment, every default filled in. */
export interface App {
  readonly name: string;
  /** Folder of baton.yaml, absolute; relative paths were resolved against it. */
  readonly root: string;
  readonly environment: EnvironmentSpec;
  /** All environments that are declared, by name, for messages and completion. */
  readonly environments: readonly string[];
  /** In order of dependency: a service stands after everything it depends on. */
  readonly services: readonly ServiceSpec[];
  readonly flags: readonly FlagSpec[];
  /** Variable name to template of the secret's place; never a value. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * Values of secrets by service and name, where the target has no store of its own. They travel with the app to
   * the daemon, which takes them out before anything is written: no release, journal, plan or log holds one.
   */
  readonly secretValues?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly retiredFlags?: readonly RetiredFlagSpec[];
  readonly policy?: PolicySpec;
  readonly names?: NameTemplates;
  readonly images?: ImagesSpec;
  readonly migrations?: MigrationsSpec;
  readonly compose?: ComposeResources;
  /** How much Baton itself says. */
  readonly logLevel?: LogLevel;
  /** Lines a person should read, such as a weakened claim (`reconcile: none`). */
  readonly warnings: readonly string[];
}
