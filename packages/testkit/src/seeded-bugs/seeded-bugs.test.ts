import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bugNamed, patched, RULES, SEEDED_BUGS } from './index.ts';

const root = resolve(import.meta.dirname, '../../../..');
const sourceOf = (file: string): string => readFileSync(resolve(root, file), 'utf8');

it('has a name of its own for each of at least 28 bugs', () => {
  expect(new Set(SEEDED_BUGS.map((bug) => bug.name)).size).toBe(SEEDED_BUGS.length);
  expect(SEEDED_BUGS.length).toBeGreaterThanOrEqual(28);
});

it('undoes every rule of the protocol at least once', () => {
  const undone = new Set(SEEDED_BUGS.map((bug) => bug.rule));
  expect(Object.keys(RULES).filter((rule) => !undone.has(rule as keyof typeof RULES))).toEqual([]);
});

it.each(SEEDED_BUGS.map((bug) => [bug.name, bug] as const))(
  '%s finds its places, once each, and still parses',
  (_, bug) => {
    for (const file of new Set(bug.edits.map((edit) => edit.file))) {
      const source = sourceOf(file);
      const text = patched(bug, file, source);
      expect(text).not.toBe(source);
      stripTypeScriptTypes(text);
    }
  },
);

it('is refused where its place has moved', () => {
  const bug = bugNamed('reuse-a-token');
  if (bug === undefined) throw new Error('it is gone');
  expect(() => patched(bug, bug.edits[0].file, 'nothing of it')).toThrow('occurs 0 times');
});

const run = (bug: string, code: string) =>
  spawnSync(
    process.execPath,
    ['--import', resolve(import.meta.dirname, 'register.ts'), '--input-type=module', '-e', code],
    { cwd: root, encoding: 'utf8', env: { ...process.env, BATON_SEEDED_BUG: bug, NODE_NO_WARNINGS: '1' } },
  );
const REVOKE = `
  import { changeBaton, emptyBaton } from ${JSON.stringify(resolve(root, 'packages/core/src/baton/index.ts'))};
  const held = { ...emptyBaton('k'), token: 7, holder: { instance: 'i', service: 's', slot: 'blue', release: 1, scope: 'a/b' } };
  console.log(changeBaton(held, { kind: 'revoke' }, 1).record.token);`;

it('is in the code of a process that asks for it, and in no other', () => {
  expect(run('revoke-keeps-the-token', REVOKE).stdout.trim()).toBe('7');
  expect(run('', REVOKE).stdout.trim()).toBe('8');
});

it('fails a process that asks for a bug which does not exist, or never loads what is patched', () => {
  expect(run('no-such-bug', REVOKE).status).toBe(1);
  expect(run('hold-without-a-bound', REVOKE).status).toBe(78);
});
