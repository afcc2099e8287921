import { expect, test } from 'vitest';
import { parseDockerIgnore } from './docker-ignore.ts';

test.each([
  ['*.log', 'a.log', true],
  ['*.log', 'sub/a.log', false],
  ['**/*.log', 'sub/deep/a.log', true],
  ['**/*.log', 'a.log', true],
  ['/dist', 'dist/a.js', true],
  ['dist/', 'dist/a.js', true],
  ['./dist', 'dist', true],
  ['dist', 'distant', false],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['file.[ab]', 'file.a', true],
  ['file.[ab]', 'file.c', false],
  ['a+b(1)', 'a+b(1)', true],
  ['# node', '# node', false],
  ['src/**', 'src/x/y', true],
  ['src/**', 'srcs/x', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
])('the pattern %s and the path %s: excluded %s', (pattern, path, excluded) => {
  expect(parseDockerIgnore(pattern).excludes(path)).toBe(excluded);
});

test('the last rule that matches decides', () => {
  const excludes = parseDockerIgnore('docs\n!docs/keep.md\ndocs/keep.md.old');
  expect(excludes.excludes('docs/a.md')).toBe(true);
  expect(excludes.excludes('docs/keep.md')).toBe(false);
  expect(excludes.hasExceptions).toBe(true);
});
