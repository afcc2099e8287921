import { setTimeout as sleep } from 'node:timers/promises';
import { LoadProcess } from '@baton/testkit';
import type { BenchContext } from '../context.ts';
import type { Memory } from '../host/index.ts';
import { BenchHost, BenchVenue, ExampleApp, memoryOf, togetherBytes } from '../host/index.ts';
import type { BenchSection, Row, SectionResult } from '../section.ts';

const MEGABYTE = 1_000_000;
const LOAD = { ms: 15_000, concurrency: 16, streams: 50 } as const;
/** Nothing is asked of either for so long before a figure is taken. */
const IDLE_MS = 5_000;
const RELEASES = ['2', '1', '2'] as const;

interface Taken {
  readonly when: string;
  readonly daemon: Memory;
  readonly gateway: Memory;
}

/** What Baton costs a machine on which nothing happens, before and after something did. */
export const idleMemory: BenchSection = {
  name: 'idle-memory',
  title: 'Memory of daemon and gateway, idle, with the example deployed',
  targets: ['process'],
  bounds: [
    { measure: 'togetherMb', atMost: 150, unit: 'MB', says: 'both together, after start' },
    { measure: 'togetherAfterLoadMb', atMost: 150, unit: 'MB', says: 'both together, after load' },
  ],

  async run(context: BenchContext): Promise<SectionResult> {
    const venue = await BenchVenue.start(context);
    const compiling = await BenchHost.start(context, 'compiling');
    const ever = await idle(context, compiling, 'first start ever');
    await compiling.close();
    const host = await BenchHost.start(context);
    const example = await ExampleApp.create(context, venue.url, { bake: '0s', drain: '1s' });
    (await host.deploy(await example.at('1'))).mustSucceed();
    const first = await idle(context, host, 'after start');
    const load = await LoadProcess.start({
      base: example.base,
      pace: { kind: 'closed', concurrency: LOAD.concurrency },
      streams: [{ kind: 'web-socket', open: LOAD.streams }],
    });
    context.defer(() => load.kill());
    for (const release of RELEASES) {
      context.progress('load and deployments');
      (await host.deploy(await example.at(release))).mustSucceed();
      await sleep(LOAD.ms / RELEASES.length, undefined, { signal: context.signal });
    }
    const { sent } = await load.stop();
    const second = await idle(context, host, 'after load');
    return {
      rows: [ever, first, second].flatMap(rows),
      measures: {
        togetherMb: together(first),
        togetherAfterLoadMb: together(second),
        residentMb: megabytes(first, 'residentBytes'),
        residentAfterLoadMb: megabytes(second, 'residentBytes'),
        proportionalMb: megabytes(first, 'proportionalBytes'),
        proportionalAfterLoadMb: megabytes(second, 'proportionalBytes'),
      },
      notes: [
        'first start ever: nothing deployed and nothing compiled yet, so that both carry the stripper of types; the others start with compiled code, as every start after it',
        `each taken after ${IDLE_MS / 1_000} s without a request; load: ${sent.toLocaleString('en')} requests, ${LOAD.streams} WebSockets and ${RELEASES.length} deployments`,
        'both run the same Node: the pages of its program that they share (resident less private) are counted once in what they take together, and in each of them as resident; proportional (PSS) divides them among all Nodes of the machine',
      ],
    };
  },
};

const idle = async (context: BenchContext, host: BenchHost, when: string): Promise<Taken> => {
  context.progress(`${when}: idle for ${IDLE_MS / 1_000} s`);
  await sleep(IDLE_MS, undefined, { signal: context.signal });
  const { daemon, gateway } = host.pids;
  return { when, daemon: memoryOf(daemon), gateway: memoryOf(gateway) };
};

const megabytes = ({ daemon, gateway }: Taken, of: keyof Memory): number => (daemon[of] + gateway[of]) / MEGABYTE;

const together = ({ daemon, gateway }: Taken): number => togetherBytes([daemon, gateway]) / MEGABYTE;

const rows = (taken: Taken): readonly Row[] => [
  ...(['daemon', 'gateway'] as const).map((process) => ({
    when: taken.when,
    process,
    'resident MB': (taken[process].residentBytes / MEGABYTE).toFixed(1),
    'proportional MB': (taken[process].proportionalBytes / MEGABYTE).toFixed(1),
    'private MB': (taken[process].privateBytes / MEGABYTE).toFixed(1),
  })),
  {
    when: taken.when,
    process: 'together',
    'resident MB': megabytes(taken, 'residentBytes').toFixed(1),
    'proportional MB': megabytes(taken, 'proportionalBytes').toFixed(1),
    'private MB': megabytes(taken, 'privateBytes').toFixed(1),
    'together MB': together(taken).toFixed(1),
  },
];
