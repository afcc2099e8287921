import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BenchContext } from './context.ts';
import { jsonReport, machine, renderSection } from './reporter.ts';
import { runSections } from './run-sections.ts';
import type { BenchSection, SectionResult } from './section.ts';

const BOUND = { measure: 'figure', atLeast: 1, unit: 'x', says: 'the figure' };
const TICKER = 'console.log("up " + process.pid); setInterval(() => {}, 1000)';

const section = (name: string, run: (context: BenchContext) => Promise<Partial<SectionResult>>): BenchSection => ({
  name,
  title: `Section ${name}`,
  bounds: [BOUND],
  run: async (context) => ({ rows: [], measures: {}, notes: [], ...(await run(context)) }),
});

const run = (sections: readonly BenchSection[], signal = new AbortController().signal) =>
  runSections(sections, { target: 'process', signal, progress: () => undefined, onReport: () => undefined });

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the sections of a bench', () => {
  it('leave no process and no file behind, whether they end well or not', async () => {
    const left: { pid: number; dir: string }[] = [];
    const start = async (context: BenchContext): Promise<void> => {
      const child = context.spawn(process.execPath, ['-e', TICKER]);
      await child.waitForLine(/^up \d+$/);
      left.push({ pid: child.pid ?? 0, dir: context.dir });
      expect(alive(child.pid ?? 0)).toBe(true);
      expect(existsSync(context.dir)).toBe(true);
    };
    const reports = await run([
      section('good', async (context) => {
        await start(context);
        return { measures: { figure: 1 } };
      }),
      section('bad', async (context) => {
        await start(context);
        throw new Error('it broke');
      }),
    ]);
    expect(left).toHaveLength(2);
    for (const { pid, dir } of left) expect([alive(pid), existsSync(dir)]).toEqual([false, false]);
    expect(reports.map(({ error }) => error)).toEqual([undefined, 'it broke']);
  });

  it('go on after one that failed, whose bounds are missed', async () => {
    const reports = await run([
      section('bad', () => Promise.reject(new Error('it broke'))),
      section('good', () => Promise.resolve({ measures: { figure: 2 } })),
    ]);
    const report = jsonReport('process', new Date(0), machine(), reports);
    expect(report.ok).toBe(false);
    expect(report.missed).toEqual(['MISSED bad: the figure: not measured (it broke), bound >= 1 x']);
    expect(reports[1]?.bounds[0]?.met).toBe(true);
  });

  it('say that they are not for a target', async () => {
    const only: BenchSection = { ...section('ecs-only', () => Promise.reject(new Error('ran'))), targets: ['ecs'] };
    expect((await run([only]))[0]).toMatchObject({ skipped: 'not for the target process' });
  });

  it('are interrupted with their programs', async () => {
    const interrupt = new AbortController();
    const reports = await run(
      [
        section('long', async (context) => {
          const child = context.spawn(process.execPath, ['-e', TICKER]);
          await child.waitForLine(/^up/);
          interrupt.abort(new Error('interrupted'));
          await child.ended();
          context.progress('goes on');
          return {};
        }),
        section('never', () => Promise.resolve({})),
      ],
      interrupt.signal,
    );
    expect(reports.map(({ name, error }) => [name, error])).toEqual([['long', 'interrupted']]);
  });

  it('are told what a program said last when it ends too early', async () => {
    const reports = await run([
      section('early', async (context) => {
        const child = context.spawn(process.execPath, ['-e', 'console.error("no such option"); process.exit(3)']);
        await child.waitForLine(/listening/);
        return {};
      }),
      section('absent', async (context) => {
        await context.spawn('/no/such/program', []).waitForLine(/listening/);
        return {};
      }),
    ]);
    expect(reports[0]?.error).toMatch(/ended; its last lines:\n {2}no such option/);
    expect(reports[1]?.error).toBe('/no/such/program ended');
  });

  it('are shown as a table, numbers to the right', async () => {
    const rows = [
      { contender: 'direct', 'req/s': 52_466, ratio: '' },
      { contender: 'a', 'req/s': 9, ratio: '0.50' },
    ];
    const reports = await run([section('table', () => Promise.resolve({ rows, notes: ['quiet machine'] }))]);
    const text = renderSection(reports[0] ?? expect.unreachable());
    expect(text).toContain(
      'contender   req/s  ratio\n---------  ------  -----\ndirect     52,466\na               9  0.50\n',
    );
    expect(text).toContain('* quiet machine');
  });
});
