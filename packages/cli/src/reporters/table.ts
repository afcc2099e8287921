import type { Style } from './style.ts';
import { pad, widthOf } from './width.ts';

const GAP = '  ';

/**
 * Columns under their headings, the most telling first; cells may be coloured. Columns that no row fills are left
 * out, and where the whole is wider than `columns` the last ones go.
 */
export const table = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  columns = Number.POSITIVE_INFINITY,
): readonly string[] => {
  let shown = headings
    .map((heading, index) => ({ heading, cells: rows.map((row) => row[index] ?? '') }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map((column) => ({ ...column, width: Math.max(widthOf(column.heading), ...column.cells.map(widthOf)) }));
  const total = (): number => shown.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
  while (shown.length > 1 && total() > columns) shown = shown.slice(0, -1);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cell, shown[index]?.width ?? 0))
      .join(GAP)
      .trimEnd();
  const heading = style.quiet(line(shown.map((column) => column.heading)));
  return [heading, ...rows.map((_, row) => line(shown.map((column) => column.cells[row] ?? '')))];
};
