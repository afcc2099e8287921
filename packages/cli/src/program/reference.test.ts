import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { completionScript } from './completion.ts';
import { reference } from './reference.ts';
import { verbs } from './verbs.ts';

test('docs/commands.md says what the commands are (after a change: vitest -u)', async () => {
  await expect(reference()).toMatchFileSnapshot('../../../../docs/commands.md');
});

const bash = (line: readonly string[]): readonly string[] => {
  const words = line.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript('bash')}
baton() { echo local; echo staging; }
COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _baton; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
};

test('bash completes verbs, environments, slots and options', () => {
  expect(bash(['baton', 'sta'])).toEqual(['status']);
  expect(bash(['baton', 'deploy', 'st'])).toEqual(['staging']);
  expect(bash(['baton', 'health', 'local', 'gr'])).toEqual(['green']);
  expect(bash(['baton', 'cleanup', '--slot', 'b'])).toEqual(['blue']);
  expect(bash(['baton', 'rollback', '--t'])).toEqual(['--to']);
});

test('zsh and fish know every verb', () => {
  for (const { name } of verbs) {
    expect(completionScript('zsh')).toContain(`'${name}:`);
    expect(completionScript('fish')).toContain(`-a ${name} `);
  }
});
