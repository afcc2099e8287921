import type { App, ServiceSpec } from '../app/index.ts';
import type { Known } from '../known.ts';
import type { InstanceId, Scope, Slot, Token } from '../names.ts';

/** A service of a release, pinned: what exactly will run, whatever happens to the tree afterwards. */
export interface PinnedService {
  readonly spec: ServiceSpec;
  /** Content digest over context, release files and configuration, `sha256:<hex>`. Equal digests do not move. */
  readonly digest: string;
  /** Where the immutable copy is: a folder (process), an image digest (docker, ecs). */
  readonly artefact: string;
}

/** How an instance is told to begin. */
export type StartAs =
  /** Any number may act. */
  | { readonly kind: 'replica' }
  /** Up, healthy and forbidden to act. */
  | { readonly kind: 'standby' }
  /** A cold singleton: started only after its grant, acts from its first instruction. */
  | { readonly kind: 'holder'; readonly token: Token };

export interface LaunchRequest {
  readonly scope: Scope;
  readonly service: PinnedService;
  readonly release: number;
  readonly slot: Slot;
  /** Fresh for each start; the target puts it where a process can be known again by it. */
  readonly instance: InstanceId;
  readonly replica: number;
  readonly startAs: StartAs;
  /** Known to Baton and this instance only; never in an argument or a log. */
  readonly secret: string;
  /** Variables added by the engine: peers, and the values of secrets. Never written down. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
}

/** One instance as just seen. */
export interface InstanceObservation {
  readonly instance: InstanceId;
  readonly service: string;
  readonly slot: Slot;
  readonly release: number;
  readonly digest: string;
  readonly replica: number;
  readonly startedAs: StartAs['kind'];
  /** `unknown` is a machine that does not answer: never read as stopped. */
  readonly state: 'starting' | 'running' | 'dead' | 'unknown';
  /** Immutable name of the running thing: `pid:starttime:boot`, a container id, a task ARN. */
  readonly handle: string;
  /** Container port to `host:port` on which it can be reached. */
  readonly addresses: Readonly<Record<number, string>>;
  readonly startedAt: number;
  readonly exit?: ExitStatus;
}

/** Why we hold an instance for dead; the strongest proof the target has. */
export interface DeathProof {
  readonly instance: InstanceId;
  readonly handle: string;
  readonly method:
    | 'cgroup-empty'
    /** Every thread is past the point from which none returns to its program; see ADR 7. */
    | 'cgroup-exiting'
    | 'no-process-with-nonce'
    | 'container-not-running'
    | 'task-stopped'
    | 'never-started'
    | 'rebooted';
  /** True where a child could have escaped the proof, with the reason in `note`. */
  readonly weak: boolean;
  readonly note: string;
  readonly at: number;
}

export interface ResourceSample {
  readonly instance: InstanceId;
  readonly memoryBytes: number;
  /** CPU time used since start, milliseconds. */
  readonly cpuMs: number;
  readonly at: number;
}

export interface LogLine {
  readonly instance: InstanceId;
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** One thing that preflight looked at. */
export interface Finding {
  readonly ok: boolean;
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * What a kill waits for: that nothing of it is left (`gone`, the default), or only that none of its threads can run
 * again (`cannot-act`), which a target may see earlier; see ADR 7.
 */
export type KillProof = 'gone' | 'cannot-act';

/** What a release runs on. A target observes and acts; it never decides. */
export interface Target {
  readonly kind: 'process' | 'docker' | 'ecs';
  preflight(app: App): Promise<readonly Finding[]>;
  /** Copies what the service runs, by digest; the same content gives the same artefact. */
  pin(app: App, service: ServiceSpec): Promise<PinnedService>;
  /** True while the artefact is whole. */
  artefactExists(service: PinnedService): Promise<boolean>;
  /** All instances of the scope, dead ones included until `forget`. */
  observe(scope: Scope): Promise<Known<readonly InstanceObservation[]>>;
  /** Idempotent by `instance`: asked twice it starts once. */
  launch(request: LaunchRequest): Promise<InstanceObservation>;
  /** The stop signal, the grace, then a kill; resolves with proof of death, rejects where there is none. */
  stop(instance: InstanceId, graceMs: number): Promise<DeathProof>;
  /** At once. Resolves with proof of death, rejects where there is none within `timeoutMs`. */
  kill(instance: InstanceId, timeoutMs: number, proof?: KillProof): Promise<DeathProof>;
  /** Sends a signal and waits for nothing. */
  signal(instance: InstanceId, signal: string): Promise<void>;
  /** Runs a command with the instance's environment; output bounded. */
  exec(
    instance: InstanceId,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  sample(instance: InstanceId): Promise<Known<ResourceSample>>;
  /** Lines since `sinceMs`, oldest first, at most `limit` (the newest are kept). */
  logs(instance: InstanceId, sinceMs: number, limit: number): Promise<readonly LogLine[]>;
  /** Forgets a dead instance and its runtime files; its logs are kept by their own rule. */
  forget(instance: InstanceId): Promise<void>;
  /** Removes artefacts that no release in `keep` names; returns what went. */
  prune(scope: Scope, keep: readonly string[]): Promise<readonly string[]>;
}
