import type { SeededBug } from './seeded-bug.ts';

/**
 * The text of a file with the edits of a bug that are of this file.
 * @throws Error where a `find` does not occur exactly once: the bug would not be there, or somewhere else
 */
export const patched = (bug: SeededBug, file: string, source: string): string => {
  let text = source;
  for (const edit of bug.edits) {
    if (edit.file !== file) continue;
    const parts = text.split(edit.find);
    if (parts.length !== 2)
      throw new Error(
        `seeded bug ${bug.name}: its place occurs ${parts.length - 1} times in ${file}, not once: ${edit.find}`,
      );
    text = parts.join(edit.replace);
  }
  return text;
};
