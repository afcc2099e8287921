import { expect, test } from 'vitest';
import { fakeContext } from '../testing/fake-context.ts';
import { plainParse } from './plain-parse.ts';
import { fullParse } from './program.ts';
import { verbs } from './verbs.ts';

const context = fakeContext({ cwd: '/' });

const full = (argv: readonly string[]): unknown => {
  try {
    const parsed = fullParse(argv, context);
    if (parsed.kind !== 'run') return undefined;
    return { verb: parsed.verb.name, args: parsed.invocation.args, flags: parsed.invocation.flags };
  } catch {
    return undefined;
  }
};

const plain = (argv: readonly string[]): unknown => {
  const parsed = plainParse(argv);
  return parsed === undefined ? undefined : { verb: parsed.verb.name, args: parsed.args, flags: parsed.flags };
};

test.each([
  ['status'],
  ['status', 'local', '--json'],
  ['--json', 'status'],
  ['status', '--state-dir', '/x', '-f', 'a.yaml'],
  ['deploy', 'staging', '-s', 'bot', '--service', 'web,api', '-t', 'v1', '-n', '--skip-build', '-y', '-d', '--force'],
  ['deploy', '--service=bot', '--tag=v1'],
  ['rollback', '--to', '6', '--dry-run'],
  ['logs', '-F', '--since', '1h30m', '--limit', '20', '--slot', 'green'],
  ['logs', '--since', '2026-11-21T10:00:00Z'],
  ['monitor', '--interval', '500ms', '--once'],
  ['resolve', 'local', 'retry'],
  ['stop', '--emergency', '--reason', 'wrong orders'],
  ['completion', 'bash'],
  ['audit', '--verify', '--', 'local'],
])('the plain reading of %j is that of commander', (...argv) => {
  expect(plain(argv)).toBeDefined();
  expect(plain(argv)).toEqual(full(argv));
});

test.each([
  [[]],
  [['--help']],
  [['status', '--help']],
  [['help', 'deploy']],
  [['--version']],
  [['stauts']],
  [['--state-dir', '/x', 'status']],
  [['status', '--jsn']],
  [['rollback', '--to', 'six']],
  [['rollback', '--to']],
  [['rollback', '--to', '--json']],
  [['status', 'a', 'b']],
  [['completion']],
  [['deploy', '--tag', '-x']],
])('the plain reading leaves %j to commander', (argv) => {
  expect(plainParse(argv)).toBeUndefined();
});

test('every verb has a help of its own with examples that parse', () => {
  for (const verb of verbs) {
    const help = fullParse([verb.name, '--help'], context);
    expect(help.kind === 'text' && help.text).toContain(`Usage: baton ${verb.name}`);
    for (const example of verb.examples) {
      const words = /baton ((?:[a-z-]+|[A-Za-z0-9.:_-]+|"[^"]*"| )+)/.exec(example)?.[1]?.match(/"[^"]*"|[^ ]+/g) ?? [];
      const argv = words.map((word) => word.replaceAll('"', ''));
      expect(plainParse(argv)?.verb.name, example).toBe(verb.name);
    }
  }
});
