import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ProofReport } from '../../packages/testkit/src/proof/proof.ts';
import { bugNamed } from '../../packages/testkit/src/seeded-bugs/index.ts';
import { figures, markdownTable, writeFigures } from './figures.ts';
import type { Part } from './part.ts';
import { partsOf } from './parts.ts';

const USAGE = `npm run proof -- [--minutes N] [--only a,b] [--bug name,name] [--seed N] [--json] [--no-write]

  --minutes N   how long all of it may take (30); a part gets its share of it
  --only a,b    these parts alone
  --bug a,b     of the seeded bugs these alone
  --seed N      where the random ways begin; without it fresh ones are tried, and the seed is printed
  --json        one object on standard output
  --no-write    leave the figures in docs/proof.md as they are

Parts: `;

const EXIT = { ok: 0, broken: 1, usage: 2, interrupted: 130 } as const;
const PAGE = resolve(import.meta.dirname, '../../docs/proof.md');
const DEFAULT_MINUTES = 30;
const LARGEST_SEED = 2 ** 31;

interface Options {
  readonly parts: readonly Part[];
  readonly minutes: number;
  readonly seed: number;
  readonly json: boolean;
  readonly write: boolean;
}

class WrongUsage extends Error {}

const numberOf = (text: string, option: string, least: number): number => {
  const value = Number(text);
  if (!(value >= least)) throw new WrongUsage(`--${option} takes a number from ${least} on, not "${text}"`);
  return value;
};

const namesOf = (text: string | undefined): readonly string[] => text?.split(',').map((name) => name.trim()) ?? [];

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      only: { type: 'string' },
      bug: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      'no-write': { type: 'boolean', default: false },
    },
  });
  const bugs = namesOf(values.bug);
  const noBug = bugs.find((name) => bugNamed(name) === undefined);
  if (noBug !== undefined) throw new WrongUsage(`there is no seeded bug "${noBug}"`);
  const all = partsOf(bugs);
  const only = namesOf(values.only);
  const noPart = only.find((name) => !all.some((part) => part.name === name));
  if (noPart !== undefined) throw new WrongUsage(`there is no part "${noPart}"`);
  return {
    parts: all.filter((part) => only.length === 0 || only.includes(part.name)),
    minutes: numberOf(values.minutes, 'minutes', 0),
    seed: values.seed === undefined ? randomInt(1, LARGEST_SEED) : numberOf(values.seed, 'seed', 0),
    json: values.json,
    // Figures of a part alone would stand for the whole.
    write: !values['no-write'] && only.length === 0 && bugs.length === 0,
  };
};

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const runAll = async (options: Options, signal: AbortSignal): Promise<readonly ProofReport[]> => {
  const { parts, minutes, seed } = options;
  const reports: ProofReport[] = [];
  let left = minutes * 60_000;
  for (const [at, part] of parts.entries()) {
    if (signal.aborted) break;
    const weights = parts.slice(at).reduce((sum, one) => sum + one.weight, 0);
    // What a part does not use is for those after it.
    const budgetMs = Math.max(0, (left * part.weight) / weights);
    const began = performance.now();
    say(`${part.name}: ${part.what}, at most ${(budgetMs / 60_000).toFixed(1)} minutes`);
    const report = await part.run({ seed, budgetMs, signal, progress: (line) => say(`  ${line}`) });
    left -= performance.now() - began;
    say(`${part.name}: ${report.cases} cases, ${report.steps} steps, ${report.violations.length} violations`);
    for (const { invariant, detail, replay } of report.violations)
      say(`  BROKEN ${invariant}: ${detail}\n  again: ${replay}`);
    reports.push(report);
  }
  return reports;
};

const print = (reports: readonly ProofReport[], seed: number): void => {
  for (const { part, tables } of reports)
    for (const { title, header, rows } of tables)
      process.stdout.write(`${part}: ${title}\n\n${markdownTable(header, rows)}\n\n`);
  const rows = reports.map((one) => [one.part, String(one.cases), String(one.steps), String(one.violations.length)]);
  process.stdout.write(`seed ${seed}\n\n${markdownTable(['part', 'cases', 'steps', 'violations'], rows)}\n`);
};

const main = async (): Promise<number> => {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    const names = partsOf([]).map(({ name }) => name);
    say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}${names.join(', ')}`);
    return EXIT.usage;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const { seed, json, write } = options;
  say(`seed ${seed}`);
  const reports = await runAll(options, interrupt.signal);
  if (interrupt.signal.aborted) return EXIT.interrupted;
  if (json) process.stdout.write(`${JSON.stringify({ seed, reports })}\n`);
  else print(reports, seed);
  if (write) writeFigures(PAGE, figures(reports, seed, new Date().toISOString().slice(0, 10)));
  return reports.some((report) => report.violations.length > 0) ? EXIT.broken : EXIT.ok;
};

process.exitCode = await main();
