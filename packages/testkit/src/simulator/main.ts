import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import type { FaultKind } from './faults.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';
import { live } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
    steps: { type: 'string' },
    'budget-ms': { type: 'string' },
    json: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    /** One life alone, by the number that a violation names. */
    case: { type: 'string' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
    deeds: { type: 'string' },
    strikes: { type: 'string' },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const narrowed = (scenario: Scenario): Scenario => ({
  ...scenario,
  ...(values.faults === undefined
    ? {}
    : { faults: scenario.faults.filter((fault: FaultKind) => values.faults?.split(',').includes(fault)) }),
  ...(values.deeds === undefined ? {} : { script: scenario.script.slice(0, Number(values.deeds)) }),
  ...(values.strikes === undefined ? {} : { maxStrikes: Number(values.strikes) }),
});

const one = async (seed: number): Promise<number> => {
  const life = await live(narrowed(scenarioOf(seed)), new Coverage(), { trace: values.trace });
  for (const line of life.trace) print(line);
  const { broken } = life;
  const end = broken === undefined ? 'nothing broke' : `${broken.invariant}: ${broken.detail}`;
  print(`case ${seed}: ${life.steps} steps, ${life.strikes} faults, ${life.goals} goals, hash ${life.hash}: ${end}`);
  return broken === undefined ? 0 : 1;
};

const many = async (): Promise<number> => {
  const report = await simulate({
    seed: Number(values.seed),
    first: values.first,
    ...(values.cases === undefined ? {} : { cases: Number(values.cases) }),
    ...(values.steps === undefined ? {} : { steps: Number(values.steps) }),
    ...(values['budget-ms'] === undefined ? {} : { budgetMs: Number(values['budget-ms']) }),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  if (values.json) print(JSON.stringify(report));
  else {
    for (const { title, header, rows } of report.tables)
      print([title, header.join('\t'), ...rows.map((row) => row.join('\t'))].join('\n'));
    print(JSON.stringify({ cases: report.cases, steps: report.steps, ...report.figures }, undefined, 2));
    for (const { invariant, detail, replay, trace } of report.violations)
      print([`\n${invariant}: ${detail}`, ...trace.map((line) => `  ${line}`), `replay: ${replay}`].join('\n'));
  }
  return report.violations.length === 0 ? 0 : 1;
};

process.exitCode = values.case === undefined ? await many() : await one(Number(values.case));
