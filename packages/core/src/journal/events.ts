import type { Proof } from '../baton/change.ts';
import type { GoalReference } from '../goal/goal.ts';
import type { Outcome } from '../goal/outcome.ts';
import type { Violation } from '../health/view.ts';
import type { Moment } from '../moment.ts';
import type { Slot, Token } from '../names.ts';
import type { Exposure } from '../ports/lifecycle.ts';

/** Which way a goal is going: to what was asked, or back to what was before. */
export type Direction = 'forward' | 'back';

/** A decision that was reached once and stays: a failed gate stays failed. */
export interface Verdict {
  readonly check: 'gate' | 'smoke' | 'handover' | 'bake' | 'abort' | 'return';
  readonly passed: boolean;
  readonly violations: readonly Violation[];
}

/** What only a person can decide. A confirmation is bound to the hash of exactly this question. */
export interface Question {
  readonly id: string;
  readonly text: string;
  readonly answers: readonly { readonly answer: string; readonly meaning: string }[];
}

/** Everything the journal can say of a goal, by `type`; the payload is the rest. */
export type GoalEvent =
  | { readonly type: 'goal.opened'; readonly at: Moment; readonly goal: GoalReference }
  | { readonly type: 'driver.took-over'; readonly at: Moment; readonly epoch: number; readonly owner: string }
  /** Written before the effect; `action` is what is about to be done. */
  | { readonly type: 'intent'; readonly operation: string; readonly action: string; readonly subject: string }
  | {
      readonly type: 'step.failed';
      readonly step: string;
      readonly direction: Direction;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: 'instance.launched';
      readonly at: Moment;
      readonly service: string;
      readonly slot: Slot;
      readonly release: number;
      readonly instance: string;
      readonly handle: string;
    }
  | { readonly type: 'gate.began'; readonly direction: Direction; readonly at: Moment }
  | { readonly type: 'verdict'; readonly at: Moment; readonly verdict: Verdict }
  | {
      readonly type: 'hook.ran';
      readonly hook: string;
      readonly service: string;
      readonly instance: string;
      readonly code: number;
    }
  | {
      readonly type: 'holder.settled';
      readonly service: string;
      readonly instance: string;
      readonly exposure: Exposure;
    }
  | {
      readonly type: 'baton.revoked';
      readonly key: string;
      readonly service: string;
      readonly token: Token;
      readonly from: string | null;
    }
  | {
      readonly type: 'baton.granted';
      readonly key: string;
      readonly service: string;
      readonly token: Token;
      readonly to: string;
      readonly slot: Slot;
      readonly release: number;
      readonly proof: Proof | null;
      readonly reconciled: string;
    }
  | {
      readonly type: 'baton.proven';
      readonly key: string;
      readonly service: string;
      readonly proof: Proof;
      readonly reconciled: string;
      /** What the venue showed then, where it was asked. */
      readonly open?: { readonly orders: number; readonly positions: number };
    }
  | {
      readonly type: 'holder.activated';
      readonly service: string;
      readonly token: Token;
      readonly instance: string;
      readonly quiescedForMs: number | null;
    }
  | {
      readonly type: 'traffic.switched';
      readonly direction: Direction;
      readonly at: Moment;
      readonly maxHeldMs: number;
    }
  | { readonly type: 'bake.progressed'; readonly healthyMs: number }
  | { readonly type: 'slot.retired'; readonly service: string; readonly slot: Slot; readonly cut: number }
  | { readonly type: 'operator.asked'; readonly direction: Direction; readonly question: Question }
  | {
      readonly type: 'operator.answered';
      readonly at?: Moment;
      readonly question: string;
      readonly answer: string;
      readonly by: string;
    }
  | { readonly type: 'operator.promoted'; readonly by: string }
  | { readonly type: 'operator.stopped'; readonly by: string }
  | { readonly type: 'operator.aborted'; readonly at: Moment; readonly by: string; readonly reason: string }
  | { readonly type: 'goal.closed'; readonly at: Moment; readonly outcome: Outcome; readonly summary: string };

export type GoalEventType = GoalEvent['type'];
