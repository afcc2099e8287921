import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { processesOf } from '../demo/processes.ts';
import type { DemoReport } from '../demo/report.ts';

const MAIN = resolve(import.meta.dirname, '../demo/main.ts');
const BOUND_MS = 120_000;

let demo: ChildProcess | undefined;

interface Run {
  readonly child: ChildProcess;
  readonly stdout: string[];
  readonly story: string[];
  readonly exitCode: Promise<number | null>;
}

const start = (onStory: (line: string) => void = () => undefined): Run => {
  const child = spawn(process.execPath, [MAIN, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  demo = child;
  const [stdout, story]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    story.push(line);
    onStory(line);
  });
  const exitCode = new Promise<number | null>((done) => child.once('close', done));
  return { child, stdout, story, exitCode };
};

/** The folder is named in the story, and with it every process can be found. */
const folderIn = (story: readonly string[]): string => {
  const folder = /\((\/\S+baton-demo-\w+);/.exec(story.join('\n'))?.[1];
  if (folder === undefined) throw new Error(`the story names no folder:\n${story.join('\n')}`);
  return folder;
};

const expectNothingLeft = (story: readonly string[]): void => {
  const folder = folderIn(story);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
};

afterEach(() => {
  // An interrupt lets it take down what it started; it has ended already where the test has passed.
  demo?.kill('SIGINT');
});

describe('the demo', () => {
  test('keeps every promise under load, and leaves nothing running', { timeout: BOUND_MS }, async () => {
    const { stdout, story, exitCode } = start();
    const code = await exitCode;
    const report = JSON.parse(stdout.at(-1) ?? '{}') as DemoReport;
    expect(report.broken).toEqual([]);
    expect(code).toBe(0);
    expect(stdout).toHaveLength(1);
    expect(report).toMatchObject({
      ok: true,
      requests: { failed: 0, wrong: 0 },
      streams: { cut: 0 },
      venue: { overlaps: 0, staleTokens: 0, orphanOrders: 0, orphanPositions: 0, openAfterStop: 0 },
      deployments: [
        { release: 2, outcome: 'committed', exitCode: 0 },
        { release: 3, outcome: 'rolled-back', exitCode: 3 },
        { release: 4, outcome: 'committed', exitCode: 0 },
      ],
    });
    expect(Object.keys(report.requests.byRelease).toSorted()).toEqual(['1', '2', '3', '4']);
    expect(report.requests.sent).toBeGreaterThan(4_000);
    expect(report.streams.opened).toBeGreaterThan(50);
    for (const { handoverGapMs } of report.deployments) expect(handoverGapMs).toBeGreaterThan(0);
    expectNothingLeft(story);
  });

  test('leaves nothing running when it is interrupted in the middle of a deployment', {
    timeout: BOUND_MS,
  }, async () => {
    const { child, story, exitCode } = start((line) => {
      if (line.includes('Clients are answered by release 2')) child.kill('SIGINT');
    });
    expect(await exitCode).toBe(130);
    expectNothingLeft(story);
  });
});
