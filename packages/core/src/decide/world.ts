import type { Proof } from '../baton/change.ts';
import type { BatonRecord } from '../baton/record.ts';
import type { HealthView } from '../health/view.ts';
import type { Facts } from '../journal/facts.ts';
import type { Known } from '../known.ts';
import type { Moment } from '../moment.ts';
import type { InstanceId } from '../names.ts';
import type { Checkpoint, LifecycleState } from '../ports/lifecycle.ts';
import type { InstanceObservation } from '../ports/target.ts';
import type { TrafficObservation } from '../ports/traffic.ts';

/** One instance, with all that was just seen of it. */
export interface InstanceView extends InstanceObservation {
  readonly health: HealthView;
  /** What it says over the lifecycle contract; undefined for a program that does not speak it. */
  readonly lifecycle: Known<LifecycleState> | undefined;
}

/**
 * Evidence that this driver gathered about a baton since it last read the record. It dies with the driver:
 * each piece can be had again by asking again.
 */
export interface BatonEvidence {
  /** Taken from the settled holder, not yet written. */
  readonly checkpoint?: { readonly from: InstanceId; readonly checkpoint: Checkpoint | undefined };
  readonly proof?: Proof;
  /** Exposure read twice after the proof, at this token; one sentence for the journal. */
  readonly reconciled?: {
    readonly token: number;
    readonly summary: string;
    readonly orders: number;
    readonly positions: number;
  };
  /** Routes are held since the checkpoint. */
  readonly held?: boolean;
}

export interface BatonView {
  readonly record: BatonRecord;
  readonly evidence: BatonEvidence;
}

/** World = observed + journaled + elapsed. */
export interface World {
  readonly now: Moment;
  readonly facts: Facts;
  /** Every instance of the scope; unknown where the target does not answer. */
  readonly instances: Known<readonly InstanceView[]>;
  readonly traffic: Known<TrafficObservation>;
  /** By service, for each singleton among the moves. */
  readonly batons: Readonly<Record<string, BatonView>>;
  /** Time observed healthy since the switch. */
  readonly bakeHealthyMs: number;
}
