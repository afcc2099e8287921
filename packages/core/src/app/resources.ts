/** Templates of the names of cloud resources, with `{app}`, `{env}` and `{service}` still in them. */
export interface NameTemplates {
  readonly cluster: string;
  readonly service: string;
  readonly taskFamily: string;
  readonly repository: string;
  readonly logGroup: string;
  readonly secret: string;
  readonly taskRole: string;
  readonly executionRole: string;
}

/** How images are built and kept. */
export interface ImagesSpec {
  /** Registry host, absent for the account's own (ECS) or the local daemon (Docker). */
  readonly registry?: string;
  readonly platforms: readonly string[];
  /** Findings of this severity or worse refuse an image; absent means that images are not scanned. */
  readonly refuseSeverity?: 'low' | 'medium' | 'high' | 'critical';
  /** Releases whose images are kept by `images prune`. */
  readonly keep: number;
}

/** Migrations in golang-migrate's file layout (`<version>_<name>.up.sql`). */
export interface MigrationsSpec {
  /** Absolute. */
  readonly directory: string;
  /** Name of the variable or secret that holds the database's address; never the address. */
  readonly databaseUrl: string;
  /** Oldest schema version that this release works with; absent means the newest file only. */
  readonly minVersion?: number;
  /** True where `baton deploy` applies pending migrations before launch. */
  readonly onDeploy: boolean;
}

/** A flag that is gone. Its name and variable stay taken, so that they never mean something else. */
export interface RetiredFlagSpec {
  readonly name: string;
  readonly env: string;
}

/** What an environment on ECS adds. */
export interface EcsEnvironmentSpec {
  /** Fargate Spot. */
  readonly spot: boolean;
  /** ECS Exec. */
  readonly exec: boolean;
  /** How ECS moves services behind a load balancer. */
  readonly rollout: 'rolling' | 'blue-green' | 'canary' | 'linear';
}

/** Certificate of the gateway's listeners: files (absolute paths), or an ACME account. */
export type TlsSpec =
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  | { readonly kind: 'acme'; readonly email: string; readonly directoryUrl: string };

/** What the compose files say beside their services, for targets that create or join it. */
export interface ComposeResources {
  /** Name of the compose project, by which its networks and volumes are found. */
  readonly project: string;
  /** Declared resources by name, as they are written. */
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, unknown>>;
}
