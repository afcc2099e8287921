import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { canListProcesses } from './processes.ts';
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
    `  status      cd ${stage.appDir} && ${stage.batonCommand} status local`,
    `  exchange    ${stage.venueUrl}/v1/witness`,
    `Take it down: npm run demo -- --down ${stage.dir}`,
    '',
  ].join('\n');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Takes everything down. @returns what did not go as it should */
const leftBehind = async (stage: Stage): Promise<readonly string[]> => {
  try {
    const killed = await stage.close();
    return killed.length === 0 ? [] : [`had to be killed at the end: ${killed.join(', ')}`];
  } catch (error) {
    return [messageOf(error)];
  }
};

const play = async (options: Options): Promise<number> => {
  const interrupted = interruption();
  const tell = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const stage = new Stage(interrupted);
  let report: DemoReport | undefined;
  const problems: string[] = [];
  try {
    await stage.open();
    report = await new Story(stage, tell).play(options.keep);
  } catch (error) {
    problems.push(messageOf(error));
  }
  const keeping = options.keep && report !== undefined && !interrupted.aborted;
  if (!keeping) problems.push(...(await leftBehind(stage)));
  if (interrupted.aborted) return EXIT.interrupted;
  if (report === undefined) {
    process.stderr.write(`\nThe demo could not be finished: ${problems.join('; ')}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, broken: problems })}\n`);
    return EXIT.broken;
  }
  const broken = [...report.broken, ...problems];
  const whole: DemoReport = { ...report, ok: broken.length === 0, broken };
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
  if (!canListProcesses()) {
    process.stderr.write('The demo needs Linux: it finds its processes again in /proc, to leave none behind.\n');
    return EXIT.usage;
  }
  return options.down === undefined ? play(options) : down(options.down);
};
