import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type DemoReport, renderReport } from './report.ts';
import { Stage } from './stage.ts';
import { Story } from './story.ts';
import { takeDown } from './take-down.ts';

const USAGE = `npm run demo -- [--json] [--keep]

A trading bot changes versions under load: an upgrade, a bad release that goes back by itself, and a deployment
whose daemon is killed half-way. Ends with what the load generator and the exchange saw; exit 1 where a promise
was broken.

  --json      the table as one JSON object, the last line of standard output; the story goes to standard error
  --keep      leaves everything running, and says where to look and how to take it down
  --down DIR  takes down what --keep left in DIR`;

const EXIT = { ok: 0, broken: 1, usage: 2, interrupted: 130 } as const;

interface Options {
  readonly json: boolean;
  readonly keep: boolean;
  readonly down: string | undefined;
}

const readOptions = (argv: readonly string[]): Options | number => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        down: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (!values.help) return { json: values.json, keep: values.keep, down: values.down };
    process.stdout.write(`${USAGE}\n`);
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return EXIT.usage;
  }
};

/** Ends the story when the terminal says so; a second signal does not hurry the taking down, which is bounded. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) process.stderr.write('\ninterrupted: taking everything down\n');
      controller.abort();
    });
  }
  return controller.signal;
};

const whereToLook = (stage: Stage): string =>
  [
    '',
    'Everything is still up:',
    `  dashboard   ${stage.frontUrl}/`,
    `  status      cd ${stage.appDir} && ${stage.batonLine} status`,
    `  exchange    ${stage.venueUrl}/v1/witness`,
    `Take it down: npm run demo -- --down ${stage.dir}`,
    '',
  ].join('\n');

const play = async (options: Options): Promise<number> => {
  const interrupted = interruption();
  const tell = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const stage = await Stage.build(interrupted);
  let report: DemoReport | undefined;
  let failure: unknown;
  try {
    report = await new Story(stage, tell).play(options.keep);
  } catch (error) {
    failure = error;
  }
  const keeping = options.keep && report !== undefined && !interrupted.aborted;
  const leftovers = keeping ? [] : await stage.close();
  if (interrupted.aborted) return EXIT.interrupted;
  if (report === undefined) {
    process.stderr.write(`\nThe demo could not be finished: ${failure instanceof Error ? failure.message : failure}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, broken: [String(failure)] })}\n`);
    return EXIT.broken;
  }
  const whole: DemoReport =
    leftovers.length === 0
      ? report
      : { ...report, ok: false, broken: [...report.broken, `had to be killed at the end: ${leftovers.join(', ')}`] };
  if (options.json) process.stdout.write(`${JSON.stringify(whole)}\n`);
  else tell(renderReport(whole));
  if (keeping) tell(whereToLook(stage));
  return whole.ok ? EXIT.ok : EXIT.broken;
};

const down = async (dir: string): Promise<number> => {
  const killed = await takeDown(resolve(dir));
  process.stdout.write(killed.length === 0 ? 'taken down\n' : `taken down; had to be killed: ${killed.join(', ')}\n`);
  return EXIT.ok;
};

/** The demo as a command. @returns its exit code */
export const demo = async (argv: readonly string[]): Promise<number> => {
  const options = readOptions(argv);
  if (typeof options === 'number') return options;
  return options.down === undefined ? play(options) : down(options.down);
};
