/**
 * What the daemon answers, as plain JSON. Times are wall milliseconds unless a name says otherwise.
 * The command line, the dashboard and scripts (`--json`) all see exactly these.
 */
import type { Change, Finding, GoalKind, HealthView, Outcome, Question, Slot, Violation } from '@baton/core';

export interface VersionReport {
  readonly version: string;
  /** Raised when a shape here changes in a way that an older reader would misread. */
  readonly protocol: number;
  readonly pid: number;
  readonly stateDir: string;
  readonly startedAt: number;
}

export interface PlanReport {
  readonly scope: string;
  /** The release that would be made, or gone to. */
  readonly release: number;
  readonly liveRelease: number;
  readonly services: readonly {
    readonly service: string;
    readonly role: string;
    readonly change: Change;
    readonly from: { readonly release: number; readonly slot: Slot } | null;
    readonly to: { readonly release: number; readonly slot: Slot } | null;
    /** What differs, one line each, secrets never among them. */
    readonly differences: readonly string[];
  }[];
  /** The steps in their order, for a person. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
  readonly findings: readonly Finding[];
}

/** A goal was accepted; follow it by its generation. */
export interface AcceptedReport {
  readonly scope: string;
  readonly generation: number;
  readonly release: number;
  readonly kind: GoalKind;
  /** True where nothing differs from what is live and nothing was opened. */
  readonly unchanged: boolean;
}

export interface InstanceReport {
  readonly instance: string;
  readonly service: string;
  readonly role: string;
  readonly slot: Slot;
  readonly release: number;
  readonly state: string;
  /** Of a singleton: `holder`, `standby` or `none`. */
  readonly part: 'holder' | 'standby' | 'replica' | 'accessory';
  readonly phase: string | null;
  readonly live: boolean;
  readonly addresses: Readonly<Record<string, string>>;
  readonly handle: string;
  readonly startedAt: number;
  readonly health: HealthView;
  readonly memoryBytes: number | null;
  /** Share of one core since the last sample. */
  readonly cpuShare: number | null;
  readonly exit: string | null;
}

export interface BatonReport {
  readonly key: string;
  readonly service: string;
  readonly token: number;
  readonly holder: { readonly instance: string; readonly slot: Slot; readonly release: number } | null;
  readonly unproven: string | null;
  readonly latch: { readonly setAt: number; readonly by: string; readonly reason: string } | null;
  readonly checkpointAt: number | null;
}

export interface OpenGoalReport {
  readonly generation: number;
  readonly kind: GoalKind;
  readonly release: number;
  readonly direction: 'forward' | 'back';
  /** Action about to be done or waited for, and why. */
  readonly step: string;
  readonly reason: string;
  readonly by: string;
  readonly openedAt: number;
  readonly bake: { readonly healthyMs: number; readonly ofMs: number } | null;
  readonly question: Question | null;
  readonly violations: readonly Violation[];
}

export interface StatusReport {
  readonly scope: string;
  readonly target: string;
  readonly release: number;
  readonly previous: number | null;
  readonly stopped: boolean;
  readonly latched: boolean;
  /** What a script wants to know: everything live is up and whoever must act acts. */
  readonly healthy: boolean;
  readonly problems: readonly string[];
  readonly live: Readonly<Record<string, { readonly release: number; readonly slot: Slot }>>;
  readonly instances: readonly InstanceReport[];
  readonly batons: readonly BatonReport[];
  readonly open: OpenGoalReport | null;
  readonly last: { readonly generation: number; readonly release: number; readonly outcome: Outcome } | null;
  readonly routes: readonly {
    readonly listen: string;
    readonly host: string | null;
    readonly path: string;
    readonly service: string;
    readonly pool: string;
    readonly held: boolean;
  }[];
  readonly driver: { readonly owner: string; readonly epoch: number; readonly expiresAt: number } | null;
  readonly warnings: readonly string[];
}

export interface ReleaseReport {
  readonly release: number;
  readonly tag: string | null;
  readonly gitCommit: string | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly live: boolean;
  /** False once its copy was pruned. */
  readonly kept: boolean;
  readonly outcomes: readonly {
    readonly generation: number;
    readonly kind: GoalKind;
    readonly outcome: Outcome | 'open';
    readonly at: number;
    readonly by: string;
    readonly summary: string;
  }[];
}

export interface HistoryReport {
  readonly scope: string;
  readonly releases: readonly ReleaseReport[];
}

export interface AuditReport {
  readonly scope: string;
  readonly entries: readonly {
    readonly seq: number;
    readonly at: number;
    readonly type: string;
    readonly payload: unknown;
    readonly hash: string;
  }[];
  /** Where the chain first breaks, null where it is whole. Present when it was asked for. */
  readonly fault: { readonly stream: string; readonly seq: number; readonly problem: string } | null;
  readonly verified: boolean;
}

export interface LogReport {
  readonly lines: readonly {
    readonly at: number;
    readonly service: string;
    readonly slot: Slot;
    readonly release: number;
    readonly instance: string;
    readonly stream: string;
    readonly text: string;
  }[];
}

export interface EmergencyStopReport {
  readonly state: 'LATCHED' | 'STOPPED';
  readonly latched: readonly string[];
  readonly instances: readonly {
    readonly service: string;
    readonly instance: string;
    readonly proof: string | null;
    readonly problem: string | null;
  }[];
  readonly cancelled: Readonly<Record<string, number | string>>;
}

export interface CleanupReport {
  readonly stopped: readonly string[];
  readonly removed: readonly string[];
}

/** Every refusal and failure of the daemon. `exitCode` is what the command line ends with. */
export interface ErrorReport {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly fault: string;
    readonly exitCode: number;
  };
}

/**
 * One line of a followed goal. `journal` lines are durable; `progress` lines say what is being done or
 * waited for; `end` is the last.
 */
export type StreamLine =
  | {
      readonly kind: 'journal';
      readonly at: number;
      readonly type: string;
      readonly payload: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'progress';
      readonly at: number;
      readonly step: string;
      readonly reason: string;
      readonly direction: 'forward' | 'back';
    }
  | { readonly kind: 'asked'; readonly at: number; readonly question: Question }
  | {
      readonly kind: 'end';
      readonly at: number;
      readonly outcome: Outcome;
      readonly exitCode: number;
      readonly summary: string;
      readonly release: number;
      readonly generation: number;
    };
