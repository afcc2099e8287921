import { env } from 'node:process';

/**
 * What part of the proof needs of the machine, besides Node. Somebody who only wants to see the tests pass on a fresh
 * machine is told what is missing, and the test is skipped; where `BATON_REQUIRE_TOOLS` is set, as in CI, it fails.
 * @param missing the line that says what to install; empty where everything is there
 */
export const isToBeSkipped = (missing: string): boolean => {
  if (missing === '' || env.BATON_REQUIRE_TOOLS !== undefined) return false;
  process.stderr.write(`skipped: ${missing}\n`);
  return true;
};
