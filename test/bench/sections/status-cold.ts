import type { BenchContext } from '../context.ts';
import { BenchHost, BenchVenue, baton, SmallApp } from '../host/index.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';
import { median, showSpread, spread } from '../statistics.ts';

const RUNS = 15;
/** They fill the compile cache, as the first command after an installation does. */
const UNCOUNTED = 2;

/** How long a person waits for `baton status`: each time a new process, on a daemon that runs. */
export const statusCold: BenchSection = {
  name: 'status-cold',
  title: '`baton status` from a cold start',
  targets: ['process'],
  bounds: [{ measure: 'wallMs', atMost: 150, unit: 'ms', says: 'wall time, median' }],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const host = await BenchHost.start(context);
    const app = await SmallApp.create(context, venue.url);
    (await host.deploy(app.load())).mustSucceed();
    const wallMs: number[] = [];
    const bareMs: number[] = [];
    for (let index = 0; index < RUNS + UNCOUNTED; index += 1) {
      context.progress(`run ${index + 1}`);
      const run = await baton(context, {
        args: ['status', 'local', '--file', app.file, '--state-dir', host.stateDir],
        cwd: app.folder,
        env: app.env,
      });
      if (run.code !== 0) throw new Error(`baton status ended with ${run.code}: ${run.stderr}`);
      if (index >= UNCOUNTED) wallMs.push(run.wallMs);
      bareMs.push(await bareNode(context));
    }
    const taken = spread(wallMs);
    return {
      rows: [row('baton status', wallMs), row('node -e 0', bareMs)],
      measures: { wallMs: median(wallMs), wallMaxMs: taken.max, bareNodeMs: median(bareMs) },
      notes: [
        `${showSpread(taken, 0)} ms from the start of bin/baton to its end, its shell and Node’s own start included`,
      ],
    };
  },
};

/** What Node's own start costs on this machine at this moment: no command can be faster. */
const bareNode = async (context: BenchContext): Promise<number> => {
  const startMs = performance.now();
  await context.spawn(process.execPath, ['-e', '0']).ended();
  return performance.now() - startMs;
};

const row = (command: string, wallMs: readonly number[]): Row => {
  const taken = spread(wallMs);
  return { command, runs: wallMs.length, 'median ms': taken.median, 'min ms': taken.min, 'max ms': taken.max };
};
