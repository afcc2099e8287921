import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { BatonError } from '@baton/core';
import type { LoadCommand, LoadEvent } from './control.ts';
import { LoadGenerator } from './load-generator.ts';
import type { LoadPlanInput } from './plan.ts';
import { loadPlan } from './plan.ts';

// The load in a process of its own: `node main.ts --plan JSON` (or `--plan @FILE`), commands and events as JSON
// lines on standard input and output (control.ts). It ends when told, when its input ends, on SIGTERM or SIGINT, or
// when the plan's duration has passed; the last line is always the report.

const USAGE = 'node packages/testkit/src/load/main.ts --plan JSON | --plan @FILE';

const say = (event: LoadEvent): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

const refuse = (code: string, message: string, hint: string): never => {
  say({ event: 'refused', code, message, hint });
  process.exit(2);
};

const readPlan = (): LoadPlanInput => {
  const { values } = parseArgs({ options: { plan: { type: 'string' } } });
  const given = values.plan ?? refuse('usage', 'no plan was given', USAGE);
  const text = given.startsWith('@') ? readFileSync(given.slice(1), 'utf8') : given;
  return JSON.parse(text) as LoadPlanInput;
};

const build = (): { readonly generator: LoadGenerator; readonly durationMs: number | undefined } => {
  try {
    const plan = loadPlan(readPlan());
    return { generator: new LoadGenerator(plan), durationMs: plan.durationMs };
  } catch (error) {
    if (error instanceof BatonError) return refuse(error.code, error.message, error.hint);
    return refuse('usage', error instanceof Error ? error.message : String(error), USAGE);
  }
};

const { generator, durationMs } = build();

const stop = async (): Promise<void> => {
  say({ event: 'ended', report: await generator.stop() });
  process.exit(0);
};

const obey = (command: LoadCommand): void => {
  switch (command.do) {
    case 'report':
      say({ event: 'report', id: command.id, report: generator.report() });
      return;
    case 'expect':
      generator.expectRelease(command.release ?? undefined);
      return;
    case 'died':
      generator.noteDied(command.instance);
      return;
    case 'drain':
      generator.noteDrain(command);
      return;
    case 'stop':
      void stop();
  }
};

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  try {
    obey(JSON.parse(line) as LoadCommand);
  } catch {
    process.stderr.write(`not a command: ${line.slice(0, 200)}\n`);
  }
});
input.on('close', () => {
  // A terminal without input must not end a run that has a duration of its own.
  if (durationMs === undefined) void stop();
});
if (durationMs !== undefined) setTimeout(() => void stop(), durationMs);
generator.start();
say({ event: 'started' });
