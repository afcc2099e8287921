/** How a goal ended. */
export type Outcome =
  /** Done and healthy. */
  | 'committed'
  /** Failed before anything changed for traffic or baton. */
  | 'failed'
  /** Failed, and the old release is live and trading again. */
  | 'rolled-back'
  /** Nobody trades, and a person must decide. */
  | 'needs-operator'
  /** The environment was stopped as asked. */
  | 'stopped';

/** DESIGN, "Commands": what a script may rely on. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  committed: 0,
  stopped: 0,
  failed: 1,
  'rolled-back': 3,
  'needs-operator': 5,
};
