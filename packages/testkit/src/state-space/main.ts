import { parseArgs } from 'node:util';
import { checkStateSpace } from './check-state-space.ts';

// The whole-space check by command: exit 1 on a violation.
// node packages/testkit/src/state-space/main.ts [--seed N] [--cases STATES] [--faults N] [--only NAME] [--first] [--json]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
    faults: { type: 'string' },
    only: { type: 'string' },
    first: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const report = await checkStateSpace(
  {
    seed: Number(values.seed),
    ...(values.cases === undefined ? {} : { cases: Number(values.cases) }),
    ...(values.json ? {} : { progress: (line: string) => process.stdout.write(`${line}\n`) }),
  },
  {
    first: values.first,
    ...(values.faults === undefined ? {} : { faults: Number(values.faults) }),
    ...(values.only === undefined ? {} : { only: values.only }),
  },
);

if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  for (const [name, figure] of Object.entries(report.figures)) process.stdout.write(`${name}: ${figure}\n`);
  for (const { invariant, detail, replay, trace } of report.violations)
    process.stdout.write(`\nBROKEN ${invariant}: ${detail}\n  ${trace.join('\n  ')}\n  again: ${replay}\n`);
}
process.exitCode = report.violations.length === 0 ? 0 : 1;
