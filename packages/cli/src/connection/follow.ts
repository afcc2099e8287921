import { type AcceptedReport, paths, type StreamLine } from '@baton/api';
import { hasCode } from '@baton/core/errors';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import type { Place } from '../project/index.ts';
import type { Reporter } from '../reporters/reporter.ts';
import type { DaemonClient } from './client.ts';
import { ensureDaemon } from './ensure-daemon.ts';

export interface Following {
  readonly context: CliContext;
  readonly place: Place;
  readonly client: DaemonClient;
  readonly accepted: AcceptedReport;
  readonly reporter: Reporter;
}

/** Lines seen so far; a journal only grows, so that after a break its beginning is skipped by counting. */
interface Progress {
  journaled: number;
}

/** Undefined where the stream ended without a last word. */
const readOn = async (following: Following, progress: Progress, path: string): Promise<number | undefined> => {
  const { client, context, reporter } = following;
  let journaled = 0;
  for await (const line of client.lines<StreamLine>(path, context.interrupted)) {
    if (line.kind === 'journal') {
      journaled += 1;
      if (journaled <= progress.journaled) continue;
      progress.journaled = journaled;
    }
    reporter.line(line);
    if (line.kind === 'end') return line.exitCode;
    if (line.kind === 'asked') return EXIT.needsOperator;
  }
  return undefined;
};

const detached = ({ reporter, place }: Following): number => {
  reporter.note(
    `detached; it goes on without you. Watch: baton monitor ${place.environment}   Give it up: baton abort ${place.environment}`,
  );
  return EXIT.interrupted;
};

const pathOf = ({ place, accepted }: Following): string =>
  `${paths.events(place.app, place.environment)}?generation=${accepted.generation}`;

/** Between two tries to follow a stream that breaks off at once. */
const RETRY_MS = 200;

/**
 * Follows a goal to its end, or until a person is asked. A daemon that dies meanwhile is waited for: the
 * deployment goes on where it stood.
 * @returns the exit code; 130 where this command was interrupted, which the deployment does not notice
 */
export const follow = async (following: Following): Promise<number> => {
  const { context, reporter, accepted, client } = following;
  reporter.accepted(accepted);
  if (accepted.unchanged) return EXIT.done;
  const progress: Progress = { journaled: 0 };
  try {
    for (;;) {
      try {
        const exitCode = await readOn(following, progress, pathOf(following));
        if (exitCode !== undefined) return exitCode;
        await context.sleep(RETRY_MS, context.interrupted);
      } catch (error) {
        if (context.interrupted.aborted) return detached(following);
        if (!hasCode(error, 'daemon-down')) throw error;
        reporter.note('the daemon went away; waiting until it is back. Traffic and trading go on meanwhile.');
        await ensureDaemon(client.stateDir, context);
      }
    }
  } catch (error) {
    if (context.interrupted.aborted) return detached(following);
    throw error;
  } finally {
    reporter.close();
  }
};
