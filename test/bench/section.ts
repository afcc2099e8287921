import type { BenchContext } from './context.ts';

/** One line of a section's table; columns appear in the order of the keys. */
export type Row = Readonly<Record<string, string | number>>;

/** What a section measured. */
export interface SectionResult {
  readonly rows: readonly Row[];
  /** Figures that bounds refer to. One that could not be taken is absent, and its bound is missed. */
  readonly measures: Readonly<Record<string, number>>;
  /** Conditions and explanations, one sentence each. */
  readonly notes: readonly string[];
  /** Why nothing, or not all, was measured. */
  readonly skipped?: string;
}

/** A figure that was promised. */
export interface Bound {
  /** Key in {@link SectionResult.measures}. */
  readonly measure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit: string;
  /** What it means, in words. */
  readonly says: string;
}

export type BenchTarget = 'process' | 'docker' | 'ecs';
export const BENCH_TARGETS: readonly BenchTarget[] = ['process', 'docker', 'ecs'];

/** One subject of the bench; one file in sections/, listed in registry.ts. */
export interface BenchSection {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** Where it can run; absent: it does not depend on the target. */
  readonly targets?: readonly BenchTarget[];
  readonly bounds: readonly Bound[];
  /** Leaves nothing behind: what it starts through the context is stopped after it. */
  run(context: BenchContext): Promise<SectionResult>;
}
