import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { parse } from './program/index.ts';

const tell = async (error: unknown, argv: readonly string[], context: CliContext): Promise<number> => {
  // Only a command that failed pays for what tells of it.
  const { failureOf, failureText, reporterFor, styleFor, wantsColour } = await import('./reporters/index.ts');
  const failure = failureOf(error, context.cwd);
  const { env, stderr } = context;
  const json = argv.includes('--json');
  if (json || env.GITHUB_ACTIONS === 'true') reporterFor(context, json, '').failed(failure);
  else stderr.write(failureText(failure, styleFor(wantsColour(env, stderr.isTerminal)), Boolean(env.BATON_DEBUG)));
  return failure.error.exitCode;
};

/**
 * The whole command line: reads the words, carries out the verb, tells of what went wrong. Never rejects.
 * @returns the exit code (DESIGN, "Commands")
 */
export const run = async (argv: readonly string[], context: CliContext): Promise<number> => {
  try {
    const parsed = await parse(argv, context);
    if (parsed.kind === 'run') {
      const { run: command } = await parsed.verb.load();
      return await command(parsed.invocation);
    }
    (parsed.kind === 'text' ? context.stdout : context.stderr).write(parsed.text);
    return parsed.kind === 'text' ? EXIT.done : EXIT.usage;
  } catch (error) {
    if (context.interrupted.aborted) return EXIT.interrupted;
    return tell(error, argv, context);
  }
};
