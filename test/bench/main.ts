import { parseArgs } from 'node:util';
import { SECTIONS } from './registry.ts';
import { jsonReport, machine, ProgressLine, renderHeader, renderSection } from './reporter.ts';
import { runSections } from './run-sections.ts';
import type { BenchSection, BenchTarget } from './section.ts';
import { BENCH_TARGETS } from './section.ts';

const USAGE = `npm run bench -- [--only a,b] [--target process|docker|ecs] [--json] [--check] [--list]

  --only a,b   these sections alone
  --target T   what the deployments of the sections run on (process)
  --json       one object on standard output
  --check      exit 1 where a bound was missed, each named
  --list       the sections and their bounds`;

const EXIT = { ok: 0, missed: 1, usage: 2, interrupted: 130 } as const;

interface Options {
  readonly sections: readonly BenchSection[];
  readonly target: BenchTarget;
  readonly json: boolean;
  readonly check: boolean;
  readonly list: boolean;
}

const wrongUsage = (message: string): never => {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(EXIT.usage);
};

const readOptions = (): Options => {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        target: { type: 'string', default: 'process' },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(EXIT.ok);
    }
    const names = values.only?.split(',').map((name) => name.trim());
    const unknownName = names?.find((name) => !SECTIONS.some((section) => section.name === name));
    if (unknownName !== undefined) {
      wrongUsage(`No section "${unknownName}". There are: ${SECTIONS.map(({ name }) => name).join(', ')}.`);
    }
    const target =
      BENCH_TARGETS.find((known) => known === values.target) ?? wrongUsage(`No target "${values.target}".`);
    const sections = SECTIONS.filter(({ name }) => names === undefined || names.includes(name));
    return { sections, target, json: values.json, check: values.check, list: values.list };
  } catch (error) {
    return wrongUsage(error instanceof Error ? error.message : String(error));
  }
};

const list = (sections: readonly BenchSection[]): void => {
  for (const { name, title, bounds } of sections) {
    process.stdout.write(`${name}  ${title}\n`);
    for (const { says, atLeast, atMost, unit } of bounds) {
      const limit = [atLeast === undefined ? '' : `>= ${atLeast}`, atMost === undefined ? '' : `<= ${atMost}`];
      process.stdout.write(`  ${says}: ${limit.join(' ').trim()} ${unit}`.trimEnd().concat('\n'));
    }
  }
};

const main = async (): Promise<number> => {
  const options = readOptions();
  if (options.list) {
    list(options.sections);
    return EXIT.ok;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const startedAt = new Date();
  const progress = new ProgressLine(process.stderr);
  const taken = machine();
  if (!options.json) process.stdout.write(renderHeader(options.target, taken));
  const reports = await runSections(options.sections, {
    target: options.target,
    signal: interrupt.signal,
    progress: (section, text) => progress.show(`${section}: ${text}`),
    onReport: (report) => {
      progress.clear();
      if (!options.json) process.stdout.write(renderSection(report));
    },
  });
  const summary = jsonReport(options.target, startedAt, taken, reports);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (interrupt.signal.aborted) return EXIT.interrupted;
  if (options.check && summary.missed.length > 0) {
    process.stderr.write(`${summary.missed.length} missed:\n${summary.missed.join('\n')}\n`);
    return EXIT.missed;
  }
  return reports.some((report) => report.error !== undefined) ? EXIT.missed : EXIT.ok;
};

process.exitCode = await main();
