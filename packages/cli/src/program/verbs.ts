import { deployVerbs } from './deploy-verbs.ts';
import { lookVerbs } from './look-verbs.ts';
import { operateVerbs } from './operate-verbs.ts';
import type { Verb } from './verb.ts';

/** In the order in which help lists them. */
export const verbs: readonly Verb[] = [...deployVerbs, ...lookVerbs, ...operateVerbs];

/** Accepted everywhere, before or after the verb. */
export const globalOptions = [
  { flags: '--json', about: 'answer in JSON: one object, or one a line where it goes on' },
  { flags: '-f, --file <path>', about: 'baton.yaml to use (default: the nearest, here or above)' },
  {
    flags: '--state-dir <dir>',
    about: 'where the daemon keeps its state (default: $BATON_STATE_DIR, else .baton beside baton.yaml)',
  },
] as const;
