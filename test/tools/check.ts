import { spawnSync } from 'node:child_process';

/** Everything that must hold besides the tests, each by a tool of its own; the first that fails ends the run. */
const CHECKS: readonly (readonly [what: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '--project', '.'],
  ['type-aware lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['dead code and undeclared dependencies', 'knip', '--no-config-hints'],
  ['package edges', 'vitest', 'run', '--project', 'unit', 'test/architecture', '--reporter', 'dot'],
];

for (const [what, command, ...args] of CHECKS) {
  const started = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1_000;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${what} (${command}, ${seconds.toFixed(1)} s)`);
  if (status === 0) continue;
  process.stdout.write(stdout ?? '');
  process.stderr.write(stderr ?? '');
  process.exit(1);
}
