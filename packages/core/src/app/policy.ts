export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** A time of the week in which a deployment may begin. */
export interface WindowSpec {
  readonly days: readonly Weekday[];
  /** Minutes since midnight in `timezone`; where `toMinute` is not after `fromMinute`, the window ends the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name, such as `Europe/London`. */
  readonly timezone: string;
}

/** An iCalendar file whose events forbid a deployment to begin (news, holidays, expiries). */
export interface CalendarSpec {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** How long before and after an event is forbidden too. */
  readonly marginMs: number;
}

/** Past any of these, preflight refuses. An absent limit is not judged. */
export interface LimitsSpec {
  readonly deploymentsPerDay?: number;
  /** Time since the last deployment ended. */
  readonly cooldownMs?: number;
  readonly maxOpenOrders?: number;
  readonly maxOpenPositions?: number;
}

export type NotifyEvent =
  | 'started'
  | 'committed'
  | 'rolled-back'
  | 'failed'
  | 'needs-operator'
  | 'stopped'
  | 'approval-needed';

/** Where news of a deployment goes. */
export interface NotifySpec {
  readonly name: string;
  readonly events: readonly NotifyEvent[];
  readonly to:
    | { readonly kind: 'webhook'; readonly url: string }
    | { readonly kind: 'sns'; readonly topic: string }
    | { readonly kind: 'command'; readonly command: readonly string[] };
}

/** When a deployment to this environment may begin, and who hears of it. */
export interface PolicySpec {
  /** Empty means at any time. */
  readonly windows: readonly WindowSpec[];
  readonly calendars: readonly CalendarSpec[];
  readonly limits: LimitsSpec;
  readonly notify: readonly NotifySpec[];
}
