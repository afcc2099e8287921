import type { StreamLine } from '@baton/api';
import type { BenchContext } from '../context.ts';
import type { FirstAnswer } from '../host/index.ts';
import { BenchHost, BenchVenue, baton, firstAnswer, SmallApp } from '../host/index.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';
import { median, showSpread, spread } from '../statistics.ts';

/** The first fills the compile cache and is not counted. */
const DEPLOYMENTS = 8;

/** What Baton itself adds to a deployment, the app's own start and the configured waits taken off. */
export const overhead: BenchSection = {
  name: 'overhead',
  title: 'Overhead of `baton deploy`',
  targets: ['process'],
  bounds: [{ measure: 'overheadMs', atMost: 300, unit: 'ms', says: 'overhead of a deployment, median' }],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const host = await BenchHost.start(context);
    const app = await SmallApp.create(context, venue.url);
    app.change(0);
    (await host.deploy(app.load())).mustSucceed();
    const taken: Cost[] = [];
    for (let index = 0; index < DEPLOYMENTS; index += 1) {
      context.progress(`deployment ${index + 1} of ${DEPLOYMENTS}`);
      app.change(index + 1);
      const cost = await deployOnce(context, host, app);
      if (index > 0) taken.push(cost);
    }
    const overheads = taken.map(({ overheadMs }) => overheadMs);
    return {
      rows: taken.map(row),
      measures: { overheadMs: median(overheads), overheadMaxMs: Math.max(...overheads) },
      notes: [
        `overhead ${showSpread(spread(overheads), 0)} ms: from the start of bin/baton to its end, less the start of the app, less ${app.configuredWaitMs} ms of bake`,
        'start of the app: from the first process that the kernel made to the last first 200 that a probe of the bench saw, asking each instance every 2 ms by itself',
        'the waits for healthy answers (50 ms between two) and the drain of the old slot are counted as overhead',
        'a warm singleton that orders every millisecond and a routed page, both of which move; the daemon runs',
      ],
    };
  },
};

interface Cost {
  readonly wallMs: number;
  readonly startMs: number;
  readonly overheadMs: number;
  /** Where it went, milliseconds, in order. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Parts of a deployment by the journal entry that ends each. */
const PARTS: readonly (readonly [string, string])[] = [
  ['goal.opened', 'to the goal ms'],
  ['instance.launched', 'to the last launch ms'],
  ['gate', 'to the gate ms'],
  ['traffic.switched', 'to the switch ms'],
  ['bake', 'bake ms'],
  ['goal.closed', 'retire ms'],
];

const deployOnce = async (context: BenchContext, host: BenchHost, app: SmallApp): Promise<Cost> => {
  const answers = new Map<string, Promise<FirstAnswer>>();
  const at = new Map<string, number>();
  const begunAt = Date.now();
  const run = await baton(context, {
    args: ['deploy', 'local', '--json', '--file', app.file, '--state-dir', host.stateDir],
    cwd: app.folder,
    env: app.env,
    onLine: (text) => {
      const line = JSON.parse(text) as StreamLine;
      if (line.kind !== 'journal') return;
      const name = line.type === 'verdict' ? (line.payload.verdict as { readonly check: string }).check : line.type;
      if (name !== 'instance.launched' || answers.size < app.services.length) at.set(name, line.at);
      if (name !== 'instance.launched') return;
      const { service, handle } = line.payload as { readonly service: string; readonly handle: string };
      // What comes up later is the old release again, standing by for the bake.
      if (answers.has(service)) return;
      const answer = firstAnswer(handle);
      answer.catch(() => undefined);
      answers.set(service, answer);
    },
  });
  if (run.code !== 0) throw new Error(`baton deploy ended with ${run.code}: ${run.stderr}`);
  if (answers.size !== app.services.length)
    throw new Error(`${answers.size} services were started, not ${app.services.length}`);
  const seen = await Promise.all(answers.values());
  const startMs = Math.max(...seen.map((one) => one.answeredMs)) - Math.min(...seen.map((one) => one.spawnedMs));
  const parts = partsOf(at, begunAt, begunAt + run.wallMs);
  return { wallMs: run.wallMs, startMs, overheadMs: run.wallMs - startMs - app.configuredWaitMs, parts };
};

const partsOf = (
  at: ReadonlyMap<string, number>,
  begunAt: number,
  endedAt: number,
): Readonly<Record<string, number>> => {
  const parts: Record<string, number> = {};
  let before = begunAt;
  for (const [name, column] of PARTS) {
    const now = at.get(name) ?? before;
    parts[column] = now - before;
    before = now;
  }
  return { ...parts, 'exit ms': Math.round(endedAt - before) };
};

const row = ({ wallMs, startMs, overheadMs, parts }: Cost, index: number): Row => ({
  deployment: String(index + 1),
  'wall ms': Math.round(wallMs),
  'start of the app ms': Math.round(startMs),
  'overhead ms': Math.round(overheadMs),
  ...parts,
});
