import { parseArgs } from 'node:util';
import { checkModel, configurationNamed } from './run-spin.ts';
import { checkConfiguration } from './spin.ts';

// `node test/model/main.ts [--full] [--json] [--only "handover.pml COLD LATCH"]`: exit 1 where Spin says what it must not.

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
  },
});

const one = async (name: string): Promise<void> => {
  const configuration = configurationNamed(name);
  if (configuration === undefined) throw new Error(`there is no configuration "${name}"`);
  const { trail, output } = await checkConfiguration(configuration);
  process.stdout.write(`${output}${trail.length === 0 ? '' : `\n${trail.join('\n')}\n`}`);
};

const all = async (): Promise<void> => {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const cases = values.cases === undefined ? {} : { cases: Number(values.cases) };
  const report = await checkModel({ seed: Number(values.seed), full: values.full, progress, ...cases });
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
};

await (values.only === undefined ? all() : one(values.only));
