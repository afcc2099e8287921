import type { StrategySpec } from '../app/index.ts';
import type { PinnedService } from '../ports/target.ts';
import type { Placed } from '../release/release.ts';

export type GoalKind = 'deploy' | 'rollback' | 'restart' | 'recover' | 'stop';

/** A release of a service in a slot, with what exactly runs there. */
export interface Side extends Placed {
  readonly pinned: PinnedService;
}

/** One service on its way. `from` absent: new here. `to` absent: on its way out. */
export interface Move {
  readonly service: string;
  readonly from: Side | null;
  readonly to: Side | null;
}

/** A service that stays where it is; what runs there does not change. */
export interface Kept extends Side {
  readonly service: string;
  /** Present where routes or health become others with this goal: how it is routed until the switch. */
  readonly before?: Side;
}

/** What was asked, pinned: a file changed later is a new goal, never a change of this one. */
export interface Goal {
  readonly generation: number;
  readonly kind: GoalKind;
  readonly scope: string;
  readonly release: number;
  /** In order of dependency: a service stands after everything that it depends on. */
  readonly moves: readonly Move[];
  /** Services that stay where they are. */
  readonly kept: readonly Kept[];
  readonly strategy: StrategySpec;
  /** Gateway addresses for services that declare a `route`. */
  readonly listen: readonly string[];
  /** The same of what is live before this goal, for the way back; absent where it did not change. */
  readonly listenBefore?: readonly string[];
  /** Skips resource, log and reachability layers before the switch; never anything else. */
  readonly force: boolean;
  readonly by: string;
}

/** What is journaled of a goal: references, from which the pinned whole is read back. */
export interface GoalReference {
  readonly generation: number;
  readonly kind: GoalKind;
  readonly scope: string;
  readonly release: number;
  readonly moves: readonly { readonly service: string; readonly from: Placed | null; readonly to: Placed | null }[];
  readonly kept: readonly ({ readonly service: string } & Placed)[];
  readonly strategy: StrategySpec;
  readonly listen: readonly string[];
  readonly listenBefore?: readonly string[];
  readonly force: boolean;
  readonly by: string;
}

const placed = (side: Side | null): Placed | null =>
  side === null ? null : { release: side.release, slot: side.slot };

export const referenceOf = (goal: Goal): GoalReference => ({
  ...goal,
  moves: goal.moves.map((move) => ({ service: move.service, from: placed(move.from), to: placed(move.to) })),
  kept: goal.kept.map((kept) => ({ service: kept.service, release: kept.release, slot: kept.slot })),
});

export const isSingleton = (move: Move): boolean => (move.to ?? move.from)?.pinned.spec.role === 'singleton';
