/** Edit distance in which two neighbouring letters may be swapped (optimal string alignment, Damerau 1964). */
function distance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1));
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, at(row - 2, column - 2) + 1);
      current.push(best);
    }
  }
  return at(left.length, right.length);
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

/**
 * The candidate that was probably meant, or undefined where none is near enough to be worth saying.
 * Case, `-` and `_` do not count, so `healthCheck` finds `healthcheck` and `stop-grace-period` finds `stop_grace_period`.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  // A pasted paragraph is no misspelling; this bounds the work as well.
  if (word.length > 64) return undefined;
  let best: { readonly candidate: string; readonly score: number } | undefined;
  for (const candidate of candidates) {
    const score = distance(plain(word), plain(candidate));
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    const overwritten = score >= plain(candidate).length;
    if (score <= allowed && !overwritten && (best === undefined || score < best.score)) best = { candidate, score };
  }
  return best?.candidate;
}
