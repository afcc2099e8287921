import type { Outcome } from '../goal/outcome.ts';
import type { Placed } from './release.ts';

/** The standing of an app in an environment: what is live, and what is being done. */
export interface EnvironmentRecord {
  readonly scope: string;
  /** Number of the newest release ever made here. */
  readonly lastRelease: number;
  /** Number of the newest goal ever opened here. */
  readonly generation: number;
  /** By service; what traffic and baton belong to when nothing is open. */
  readonly live: Readonly<Record<string, Placed>>;
  /** The release that the whole environment stands at, 0 before the first. */
  readonly release: number;
  /** The last release that was good before this one, for `rollback`. */
  readonly previous: number | null;
  /** Set by `stop`: supervision starts nothing. */
  readonly stopped: boolean;
  /** The open goal's generation and the journal place where it was opened. */
  readonly open: { readonly generation: number; readonly seq: number } | null;
  readonly last: { readonly generation: number; readonly release: number; readonly outcome: Outcome } | null;
}

export const environmentRecordKey = (scope: string): string => `environment/${scope}`;
export const emptyEnvironment = (scope: string): EnvironmentRecord => ({
  scope,
  lastRelease: 0,
  generation: 0,
  live: {},
  release: 0,
  previous: null,
  stopped: false,
  open: null,
  last: null,
});
