import { hostname, userInfo } from 'node:os';

const LONGEST = 200;

const userName = (env: Readonly<Record<string, string | undefined>>): string => {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid that no passwd file names.
    return env.USER || `uid-${process.getuid?.() ?? 'unknown'}`;
  }
};

/** Who asks, for the journal: `user@host`; the actor of the pipeline where there is one. */
export const whoAsks = (env: Readonly<Record<string, string | undefined>>): string => {
  const actor = env.GITHUB_ACTIONS === 'true' && env.GITHUB_ACTOR ? `${env.GITHUB_ACTOR} (GitHub)` : userName(env);
  return `${actor}@${hostname()}`.slice(0, LONGEST);
};
