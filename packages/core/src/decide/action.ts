import type { Side } from '../goal/goal.ts';
import type { Outcome } from '../goal/outcome.ts';
import type { Direction, Question, Verdict } from '../journal/events.ts';
import type { InstanceId, Slot } from '../names.ts';
import type { TrafficConfig } from '../ports/traffic.ts';

/** One step. Every action is idempotent, or read back by its operation id. */
export type Action =
  | { readonly kind: 'wait'; readonly maxMs: number }
  | { readonly kind: 'begin-gate'; readonly direction: Direction }
  | {
      readonly kind: 'launch';
      readonly service: string;
      readonly side: Side;
      readonly replica: number;
      readonly startAs: 'replica' | 'standby';
    }
  | {
      readonly kind: 'launch-holder';
      readonly service: string;
      readonly side: Side;
      readonly instance: InstanceId;
      readonly token: number;
    }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'smoke' }
  | { readonly kind: 'quiesce'; readonly service: string; readonly instance: InstanceId }
  | { readonly kind: 'settle'; readonly service: string; readonly instance: InstanceId }
  | { readonly kind: 'checkpoint'; readonly service: string; readonly instance: InstanceId }
  /** From here on the routes of these singletons are held. */
  | { readonly kind: 'hold'; readonly services: readonly string[] }
  | { readonly kind: 'revoke'; readonly services: readonly string[] }
  | { readonly kind: 'deactivate'; readonly service: string; readonly instance: InstanceId; readonly token: number }
  /** `tell`: it may still answer, and is told to stand by while its death is under way. */
  | { readonly kind: 'prove'; readonly service: string; readonly instance: InstanceId; readonly tell: boolean }
  | { readonly kind: 'reconcile'; readonly service: string }
  /** One transaction for all: either every one of them has its baton or none has. */
  | {
      readonly kind: 'grant';
      readonly grants: readonly {
        readonly service: string;
        readonly side: Side;
        readonly instance: InstanceId | 'fresh';
      }[];
    }
  /** Writes proof and reconciliation where nobody is granted: a stop. */
  | { readonly kind: 'record-proof'; readonly service: string }
  | { readonly kind: 'activate'; readonly service: string; readonly instance: InstanceId; readonly token: number }
  /** The routes as they should be, and held requests go on. */
  | {
      readonly kind: 'route';
      readonly config: Omit<TrafficConfig, 'epoch'>;
      readonly release: readonly string[];
      readonly direction: Direction;
      readonly final: boolean;
    }
  | {
      readonly kind: 'retire';
      readonly service: string;
      readonly slot: Slot;
      readonly instances: readonly InstanceId[];
      readonly drainMs: number;
    }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'close'; readonly outcome: Outcome; readonly summary: string };

/** An action, why, and what it rests on. */
export interface Decision {
  readonly action: Action;
  readonly reason: string;
}

export const decision = (action: Action, reason: string): Decision => ({ action, reason });
