/** Layers of health, in the order in which a person would look at them. */
export type Layer =
  | 'process'
  | 'endpoint'
  | 'identity'
  | 'resources'
  | 'logs'
  | 'reach'
  | 'smoke'
  | 'handover'
  | 'timeout'
  | 'operator';

/** A layer out of its bounds, with what was seen. */
export interface Violation {
  readonly layer: Layer;
  readonly service: string;
  readonly instance: string;
  /** One sentence with the figures. */
  readonly evidence: string;
}

/** Health of one instance as its monitor sees it now. */
export interface HealthView {
  /** Good answers in a row, up to now. */
  readonly successes: number;
  /** What the instance says it is: its release and digest against the expected. */
  readonly identity: 'match' | 'mismatch' | 'unreported' | 'unseen';
  /** Out of bounds now, judged k of n so that one flap is no verdict. */
  readonly violations: readonly Violation[];
  /** The last failed answer, for messages. */
  readonly lastFailure: string | undefined;
}

export const UNSEEN: HealthView = { successes: 0, identity: 'unseen', violations: [], lastFailure: undefined };

/** Layers that `--force` may skip, and only before the switch. */
export const FORCIBLE: ReadonlySet<Layer> = new Set<Layer>(['resources', 'logs', 'reach']);
