/** Edits between two words: inserted, removed, replaced or two neighbours swapped (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = [(above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (same ? 0 : 1)];
      if (swapped) edits.push((before[column - 2] ?? 0) + 1);
      line.push(Math.min(...edits));
    }
    before = above;
    above = line;
  }
  return above[b.length] ?? 0;
};

/** The word that was probably meant, where one is near enough. */
export const suggest = (word: string, words: readonly string[]): string | undefined => {
  const near = words
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)))
    .toSorted((a, b) => a.edits - b.edits);
  const prefixed = words.filter((candidate) => word.length >= 2 && candidate.startsWith(word));
  return near[0]?.candidate ?? (prefixed.length === 1 ? prefixed[0] : undefined);
};
