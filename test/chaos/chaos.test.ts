import type { ProofReport } from '@baton/testkit/proof';
import { expect, test } from 'vitest';
import { isToBeSkipped } from '../tools/tool-or-skip.ts';
import { killPoints } from './kill-points.ts';
import { chaos } from './strikes.ts';
import { missingTracer } from './traced-daemon.ts';

const LONG_MS = 600_000;
/** The same points in every run; others by command (`node test/chaos/main.ts --seed N`). */
const SEED = 7;

const table = (report: ProofReport): string =>
  [
    ...Object.entries(report.figures).map(([name, value]) => `${name}: ${value}`),
    ...report.tables.flatMap(({ title, rows }) => [title, ...rows.map((row) => `  ${row.join('  ')}`)]),
  ].join('\n');

test.skipIf(isToBeSkipped(missingTracer()))(
  'daemon and command line are killed at system calls, and whoever comes next converges',
  async () => {
    expect(missingTracer()).toBe('');
    const report = await killPoints({ seed: SEED, cases: 60 });
    console.log(table(report));
    expect(report.violations).toEqual([]);
    expect(report.cases).toBeGreaterThanOrEqual(60);
    expect(report.figures).toMatchObject({ overlaps: 0, 'stale tokens': 0, 'requests failed': 0 });
  },
  LONG_MS,
);

test(
  'a hundred kills and fifty pauses in the midst of deployments leave one trader and nothing orphaned',
  async () => {
    const report = await chaos({ seed: SEED, kills: 100, stops: 50 });
    console.log(table(report));
    expect(report.violations).toEqual([]);
    expect(report.figures).toMatchObject({ kills: 100, stops: 50, overlaps: 0, 'stale tokens': 0 });
  },
  LONG_MS,
);
