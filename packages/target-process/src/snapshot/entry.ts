/** One thing in a snapshot, by its path below the snapshot's folder. */
export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly executable: boolean; readonly sha256: string };

/** The same before its content was read, with the place it comes from. */
export type SourceEntry =
  | Extract<Entry, { kind: 'folder' | 'link' }>
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly executable: boolean;
      readonly source: string;
      readonly bytes: number;
    }
  /** A file that the snapshot adds by itself. */
  | { readonly kind: 'text'; readonly path: string; readonly text: string };

export const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
