import { parseArgs } from 'node:util';
import { tellReport } from '../proof/tell-report.ts';
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

tellReport(report, values.json);
