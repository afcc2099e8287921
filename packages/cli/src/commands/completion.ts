import { BatonError } from '@baton/core/errors';
import { completionScript, isShell, SHELLS } from '../program/completion.ts';
import type { Command } from '../program/index.ts';
import { findConfig, readDeclared, suggest } from '../project/index.ts';

/** Asked by the scripts themselves, for the names that only baton.yaml knows. */
const ENVIRONMENTS = 'environments';

export const run: Command = async ({ context, flags, args }) => {
  const shell = args[0] ?? '';
  if (shell === ENVIRONMENTS) {
    // A shell that completes must not be shouted at: no configuration is no names.
    const names = await findConfig(context, flags.file)
      .then(readDeclared)
      .then(
        ({ environments }) => environments,
        () => [],
      );
    context.stdout.write(names.map((name) => `${name}\n`).join(''));
    return 0;
  }
  if (!isShell(shell)) {
    const meant = suggest(shell, SHELLS);
    throw new BatonError('usage', `There is no completion for "${shell}".`, {
      fault: 'user',
      hint: `Known are: ${SHELLS.join(', ')}.${meant === undefined ? '' : ` Did you mean: baton completion ${meant}`}`,
    });
  }
  context.stdout.write(completionScript(shell));
  return 0;
};
