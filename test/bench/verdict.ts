import type { Bound, SectionResult } from './section.ts';

export interface BoundVerdict extends Bound {
  readonly section: string;
  readonly value: number | undefined;
  readonly met: boolean;
  /** One line for a person. */
  readonly line: string;
}

/** Holds one section's figures against its bounds. What was not measured is missed. */
export const judge = (
  section: string,
  bounds: readonly Bound[],
  result: Pick<SectionResult, 'measures' | 'skipped'>,
): readonly BoundVerdict[] =>
  bounds.map((bound) => {
    const value = result.measures[bound.measure];
    const met = value !== undefined && value >= (bound.atLeast ?? -Infinity) && value <= (bound.atMost ?? Infinity);
    const limit = [
      bound.atLeast === undefined ? undefined : `>= ${bound.atLeast}`,
      bound.atMost === undefined ? undefined : `<= ${bound.atMost}`,
    ]
      .filter((part) => part !== undefined)
      .join(' and ');
    const seen =
      value === undefined ? `not measured (${result.skipped ?? 'no figure'})` : `${show(value)} ${bound.unit}`;
    const line = `${met ? 'met   ' : 'MISSED'} ${section}: ${bound.says}: ${seen.trimEnd()}, bound ${limit} ${bound.unit}`;
    return { ...bound, section, value, met, line: line.trimEnd() };
  });

const show = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(3));
