import { parseArgs } from 'node:util';
import type { ProofReport } from '@baton/testkit/proof';
import { killPoints } from './kill-points.ts';
import { chaos } from './strikes.ts';

// node test/chaos/main.ts [--part points|strikes] [--seed N] [--points N|all] [--kills N] [--stops N] [--stop-ms N]
//                         [--cases N] [--minutes N] [--budget-ms N] [--json]
// Both parts where none is named; --cases N is N points, N kills and N/2 stops. Exits with 1 on a violation.

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '1' },
    points: { type: 'string' },
    kills: { type: 'string' },
    stops: { type: 'string' },
    'stop-ms': { type: 'string', default: '1200' },
    cases: { type: 'string', default: '100' },
    minutes: { type: 'string' },
    'budget-ms': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const progress = (line: string): void => void process.stderr.write(`${line}\n`);
const cases = Number(values.cases);
const wholeMs = values.minutes === undefined ? values['budget-ms'] : Number(values.minutes) * 60_000;
const budget = wholeMs === undefined ? {} : { budgetMs: Number(wholeMs) / (values.part === 'both' ? 2 : 1) };
const asked = { seed: Number(values.seed), progress, ...budget };

const points = async (): Promise<ProofReport> =>
  await killPoints({
    ...asked,
    all: values.points === 'all',
    cases: values.points === undefined || values.points === 'all' ? cases : Number(values.points),
  });

const strikes = async (): Promise<ProofReport> =>
  await chaos({
    ...asked,
    kills: Number(values.kills ?? cases),
    stops: Number(values.stops ?? Math.ceil(cases / 2)),
    stopMs: Number(values['stop-ms']),
  });

const reports = [
  ...(values.part === 'strikes' ? [] : [await points()]),
  ...(values.part === 'points' ? [] : [await strikes()]),
];
const report: ProofReport = {
  part: 'chaos',
  cases: reports.reduce((sum, one) => sum + one.cases, 0),
  steps: reports.reduce((sum, one) => sum + one.steps, 0),
  violations: reports.flatMap((one) => one.violations),
  figures: Object.fromEntries(
    reports.flatMap((one) => Object.entries(one.figures).map(([name, value]) => [`${one.part}: ${name}`, value])),
  ),
  tables: reports.flatMap((one) => one.tables),
};
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else progress(JSON.stringify(report, null, 1));
process.exitCode = report.violations.length === 0 ? 0 : 1;
