import type { CliContext } from '../context.ts';
import { GithubReporter } from './github.ts';
import { JsonReporter } from './json.ts';
import { PlainReporter } from './plain.ts';
import type { Reporter } from './reporter.ts';
import { styleFor, wantsColour } from './style.ts';
import { TerminalReporter } from './terminal.ts';

export { type Failure, failureOf } from './failure.ts';
export { failureText } from './failure-text.ts';
export type { Reporter } from './reporter.ts';
export { type Style, styleFor, wantsColour } from './style.ts';

/** By what is on the other end: a program, GitHub Actions, a person, a pipe. */
export const reporterFor = (context: CliContext, json: boolean, environment: string): Reporter => {
  const { stdout, stderr, env } = context;
  const now = (): number => context.now();
  const debug = Boolean(env.BATON_DEBUG);
  if (json) return new JsonReporter(stdout, now);
  if (env.GITHUB_ACTIONS === 'true') return new GithubReporter({ stdout, stderr, now, environment, debug });
  if (!stdout.isTerminal || env.TERM === 'dumb') return new PlainReporter({ stdout, stderr, now, environment, debug });
  const style = styleFor(wantsColour(env, stdout.isTerminal));
  return new TerminalReporter({ stdout, stderr, style, now, environment, debug });
};
