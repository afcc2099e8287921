import { invariant } from '@baton/core/errors';
import { referenceTables } from './reference-tables.ts';

export const GUIDE_PATH = 'docs/configuration.md';

const START = '<!-- reference: written by "npm run reference -w @baton/config" -->';
const END = '<!-- end of reference -->';

/** The guide with the tables between its marks made anew. */
export function withTables(guide: string): string {
  const start = guide.indexOf(START);
  const end = guide.indexOf(END);
  invariant(start >= 0 && end > start, `${GUIDE_PATH} holds the marks of the reference`);
  return `${guide.slice(0, start + START.length)}\n\n${referenceTables()}\n${guide.slice(end)}`;
}
