import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { ProofReport } from '../proof/proof.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const STEPS = 2_000_000;
const LONGEST_MS = 600_000;

/** Columns as wide as the longest of each. */
const asText = ({ title, header, rows }: ProofReport['tables'][number]): string => {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return [title, ...all.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join(' '))].join(
    '\n',
  );
};

// In a process of its own: a test runner's imports make each call several times dearer.
test(`breaks no invariant in ${STEPS} steps, and prints which fault struck in which phase`, {
  timeout: LONGEST_MS,
}, async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [MAIN, '--seed', '1', '--steps', String(STEPS), '--json'],
    {
      maxBuffer: 2 ** 26,
    },
  );
  const report = JSON.parse(stdout) as ProofReport;
  const [table] = report.tables;
  process.stdout.write(`${table === undefined ? '' : asText(table)}\n${JSON.stringify(report.figures)}\n`);
  expect(report.violations).toEqual([]);
  expect(report.steps).toBeGreaterThanOrEqual(STEPS);
});
