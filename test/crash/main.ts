import { parseArgs } from 'node:util';
import { tellReport } from '../../packages/testkit/src/proof/tell-report.ts';
import { crashPoints } from './crash-points.ts';
import { BLOWS, type CrashPoint } from './life.ts';

// Crash points by command: exit 1 on a violation.
// node test/crash/main.ts [--seed N] [--cases SAMPLED_PAIRS] [--pairs all] [--only WAY/SCENE] [--at "12 before, 15 after"] [--json]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
    pairs: { type: 'string' },
    only: { type: 'string' },
    at: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const pointIn = (text: string): CrashPoint => {
  const [write = '', named = ''] = text.trim().split(' ');
  const blow = BLOWS.find((one) => one === named);
  if (blow === undefined || !/^\d+$/.test(write)) throw new Error(`"${text}" is no crash point: write "12 before"`);
  return { write: Number(write), blow };
};

const report = await crashPoints(
  {
    seed: Number(values.seed),
    ...(values.cases === undefined ? {} : { cases: Number(values.cases) }),
    ...(values.json ? {} : { progress: (line: string) => process.stdout.write(`${line}\n`) }),
  },
  {
    pairs: values.pairs === 'all' ? 'all' : 'sampled',
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.at === undefined ? {} : { at: values.at.split(',').map(pointIn) }),
  },
);

tellReport(report, values.json);
