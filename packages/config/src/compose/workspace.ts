import { relative, resolve } from 'node:path';
import type { Problems } from '../source/index.ts';

/** What reading the files of one app has in common. */
export interface Workspace {
  readonly problems: Problems;
  /** A file's name for messages: as near to what the person typed as can be. */
  readonly show: (path: string) => string;
}

/** @param directory the folder of baton.yaml as it was typed, so that messages can be clicked on */
export const workspaceAt = (directory: string, problems: Problems): Workspace => ({
  problems,
  show: (path) => {
    const fromThere = relative(resolve(directory), path);
    return directory === '.' || directory === '' ? fromThere : `${directory.replace(/\/$/, '')}/${fromThere}`;
  },
});
