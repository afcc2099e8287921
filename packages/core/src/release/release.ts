import type { App } from '../app/index.ts';
import type { Slot } from '../names.ts';
import type { PinnedService } from '../ports/target.ts';

/** An immutable, numbered revision of the app in one environment. */
export interface Release {
  readonly number: number;
  readonly app: App;
  /** By service name; what exactly runs, whatever the tree holds now. */
  readonly services: Readonly<Record<string, PinnedService>>;
  readonly tag: string | null;
  readonly gitCommit: string | null;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** Where a release of a service runs. */
export interface Placed {
  readonly release: number;
  readonly slot: Slot;
}

export const releaseRecordKey = (scope: string, number: number): string =>
  `release/${scope}/${String(number).padStart(8, '0')}`;
