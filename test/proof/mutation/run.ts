import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProofReport } from '../../../packages/testkit/src/proof/proof.ts';
import type { PartRequest } from '../part.ts';
import { runChild } from '../run-child.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const REPORT = resolve(ROOT, 'reports/mutation/mutation.json');
const CONFIG = 'test/proof/mutation/stryker.config.json';
/** What a mutant takes: a little more than its tests. Measured on two cores. */
const MUTANT_MS = 1_600;
/** What is promised of it. */
const LEAST_KILLED = 0.9;

/** With the number of mutants that Stryker makes of each; the heart first. */
const FILES: readonly (readonly [file: string, mutants: number])[] = [
  ['packages/core/src/baton/change.ts', 152],
  ['packages/core/src/decide/retire.ts', 60],
  ['packages/core/src/moment.ts', 20],
  ['packages/store-sqlite/src/transact.ts', 40],
  ['packages/store-sqlite/src/locks.ts', 50],
  ['packages/core/src/journal/facts.ts', 150],
  ['packages/core/src/decide/bake.ts', 120],
  ['packages/core/src/decide/gate.ts', 180],
  ['packages/core/src/decide/decide.ts', 110],
  ['packages/core/src/decide/handover.ts', 800],
];

interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const DETECTED: readonly string[] = ['Killed', 'Timeout'];
const JUDGED: readonly string[] = [...DETECTED, 'Survived', 'NoCoverage'];

const filesWithin = (budgetMs: number): readonly string[] => {
  let left = budgetMs;
  return FILES.filter(([, mutants]) => {
    left -= mutants * MUTANT_MS;
    return left >= 0;
  }).map(([file]) => file);
};

/** Mutates as much of the core as there is time for, the heart first; `npm run mutation` does all of it. */
export const proveByMutation = async (request: PartRequest): Promise<ProofReport> => {
  const files = filesWithin(request.budgetMs);
  const none = { part: 'mutation', cases: 0, steps: 0, violations: [], tables: [] } as const;
  if (files.length === 0)
    return { ...none, figures: { 'not tried': 'no file can be mutated within its share of the time' } };
  rmSync(REPORT, { force: true });
  const { signal, progress, budgetMs } = request;
  const args = ['run', CONFIG, '--mutate', files.join(',')];
  const child = await runChild({
    entry: 'node_modules/@stryker-mutator/core/bin/stryker.js',
    args,
    timeoutMs: budgetMs * 2,
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { progress }),
  });
  if (child.timedOut)
    return { ...none, figures: { 'not ended': `within ${Math.round((budgetMs * 2) / 60_000)} minutes` } };
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as MutationReport;
  const rows = Object.entries(report.files).map(([file, { mutants }]) => {
    const judged = mutants.filter(({ status }) => JUDGED.includes(status)).length;
    return { file, judged, killed: mutants.filter(({ status }) => DETECTED.includes(status)).length };
  });
  const all = rows.reduce((sum, { judged }) => sum + judged, 0);
  const killed = rows.reduce((sum, row) => sum + row.killed, 0);
  const share = killed / Math.max(1, all);
  return {
    part: 'mutation',
    cases: all,
    steps: all,
    violations:
      share >= LEAST_KILLED
        ? []
        : [
            {
              invariant: '90 % of the mutants are killed',
              detail: `${killed} of ${all} were`,
              replay: `npm run mutation -- --mutate ${files.join(',')}`,
              trace: [],
            },
          ],
    figures: { mutants: all, killed, 'killed, %': Math.round(share * 1000) / 10 },
    tables: [
      {
        title: 'mutants by file',
        header: ['file', 'mutants', 'killed', '%'],
        rows: rows.map((row) => [
          row.file,
          String(row.judged),
          String(row.killed),
          ((100 * row.killed) / Math.max(1, row.judged)).toFixed(1),
        ]),
      },
    ],
  };
};
