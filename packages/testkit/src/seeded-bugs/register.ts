import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bugNamed, patched } from './index.ts';

/**
 * For `node --import`: puts the seeded bug that BATON_SEEDED_BUG names into the files that it patches, while they are
 * loaded. Nothing in the code that is patched knows of it. A process that ends without having loaded any of these
 * files exits with {@link NOT_APPLIED}: what it tried says nothing of the bug.
 */
const name = process.env.BATON_SEEDED_BUG;
const root = resolve(import.meta.dirname, '../../../..');
export const NOT_APPLIED = 78;

if (name !== undefined && name !== '') {
  const bug = bugNamed(name);
  if (bug === undefined) throw new Error(`there is no seeded bug named ${name}`);
  const left = new Set(bug.edits.map((edit) => edit.file));
  registerHooks({
    load(url, context, nextLoad) {
      const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : '';
      if (!bug.edits.some((edit) => edit.file === file)) return nextLoad(url, context);
      left.delete(file);
      const source = patched(bug, file, readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true };
    },
  });
  process.on('exit', (code) => {
    if (code === 0 && left.size === new Set(bug.edits.map((edit) => edit.file)).size) process.exitCode = NOT_APPLIED;
  });
}
