import type { StreamLine } from '@baton/api';
import type { LoadProcess } from '@baton/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DaemonProcess } from './support/daemon-process.ts';
import { eventually } from './support/eventually.ts';
import { isAlive, processesOf } from './support/processes.ts';
import { mustBeFlawless, System } from './support/system.ts';

type Moment = (line: StreamLine) => boolean;
type Step = Extract<StreamLine, { readonly kind: 'progress' }>['direction'];

/** Right after this entry was written to the journal. */
const after =
  (type: string, also: (payload: Readonly<Record<string, unknown>>) => boolean = () => true): Moment =>
  (line) =>
    line.kind === 'journal' && line.type === type && also(line.payload);
const intent = (action: string): Moment => after('intent', (payload) => payload.action === action);
const verdict = (check: string): Moment =>
  after('verdict', (payload) => (payload.verdict as { readonly check: string }).check === check);
/** While this step is carried out. */
const during =
  (step: string, direction: Step = 'forward'): Moment =>
  (line) =>
    line.kind === 'progress' && line.step === step && line.direction === direction;
const back = (payload: Readonly<Record<string, unknown>>): boolean => payload.direction === 'back';

/** Moments of a deployment that is good. */
const FORWARD: Readonly<Record<string, Moment>> = {
  'the goal was opened': after('goal.opened'),
  'an instance was launched': after('instance.launched'),
  'the gate was passed': verdict('gate'),
  'the holder was quiesced': during('settle'),
  'the routes of the singleton were held': intent('hold'),
  'the baton was revoked': after('baton.revoked'),
  'the old holder was being killed': during('prove'),
  'the venue was being asked': during('reconcile'),
  'the baton was granted': after('baton.granted'),
  'the new holder was activated': after('holder.activated'),
  'the routes were to be moved': intent('route'),
  'the routes were moved': after('traffic.switched'),
  'the bake had passed': verdict('bake'),
  'the old slot was retired': after('slot.retired'),
};

/** Moments of the way back of a release that broke when it was live. */
const BACK: Readonly<Record<string, Moment>> = {
  'the bake had failed': verdict('bake'),
  'the old release was granted the baton again': (line) => during('activate', 'back')(line),
  'the routes were moved back': after('traffic.switched', back),
};

/** Kills the daemon the moment this is seen; false where the goal ended before it came. */
const killAt = async (system: System, generation: number, moment: Moment): Promise<boolean> => {
  try {
    for await (const line of system.api.follow(generation)) {
      if (moment(line)) {
        await system.daemon.kill();
        return true;
      }
      if (line.kind === 'end') return false;
    }
  } catch (error) {
    if (isAlive(system.daemon.pid)) throw error;
  }
  return false;
};

const mustStandAlone = async (system: System): Promise<void> => {
  const living = await eventually('one instance of each service is left', async () => {
    const { instances } = await system.api.status();
    const services = instances.filter((one) => one.state !== 'dead').map((one) => one.service);
    return services.length === new Set(services).size ? services.toSorted() : undefined;
  });
  expect(living).toEqual(['bluefin-service', 'bot', 'dashboard', 'mcp-memory']);
};

describe('the daemon, killed with SIGKILL and started again,', () => {
  let system: System;
  let load: LoadProcess;
  /** Which tree is live: a deployment that went back leaves the one before. */
  let live = '1';
  beforeAll(async () => {
    system = await System.start();
    system.app.timings({ bake: '1200ms', drain: '1000ms' });
    // Clients of the singleton itself: its routes are held in the handover.
    system.app.edit('baton.yaml', 'role: singleton', 'role: singleton\n    route: "bot.test/"');
    await system.trading();
    load = await system.load();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test.each(Object.keys(FORWARD))('finishes what it had begun when %s', async (name) => {
    const next = live === '1' ? '2' : '1';
    const { generation } = await system.begin(next);
    expect(await killAt(system, generation, FORWARD[name] as Moment), 'the moment came').toBe(true);
    system.daemon = await DaemonProcess.start(system.stateDir);
    const end = await system.api.end(generation);
    expect(['committed', 'rolled-back']).toContain(end.outcome);
    if (end.outcome === 'committed') live = next;
    await system.mustTrade();
    await mustStandAlone(system);
    await system.mustBeUnharmed();
  });

  test.each(Object.keys(BACK))('goes on with the way back when %s', async (name) => {
    const before = await system.live('bot');
    const { generation } = await system.begin('3');
    expect(await killAt(system, generation, BACK[name] as Moment), 'the moment came').toBe(true);
    system.daemon = await DaemonProcess.start(system.stateDir);
    const end = await system.api.end(generation);
    expect(end).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
    expect(await system.mustTrade()).toMatchObject({ release: before.release });
    await mustStandAlone(system);
    await system.mustBeUnharmed();
  });

  test('cost not one request and cut no stream in all this', async () => {
    await mustBeFlawless(load);
  });

  test('keeps what runs as it runs when nothing was begun', async () => {
    const before = (await system.api.status()).instances.filter((one) => one.state === 'running');
    await system.restartDaemon();
    const { instances, healthy } = await eventually('all is well again', async () => {
      const status = await system.api.status();
      return status.healthy ? status : undefined;
    });
    expect(healthy).toBe(true);
    expect(
      instances
        .filter((one) => one.state === 'running')
        .map((one) => one.handle)
        .toSorted(),
    ).toEqual(before.map((one) => one.handle).toSorted());
  });
});

describe('killed with SIGKILL,', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('a gateway that carries nothing comes back with its routes from its own state', async () => {
    const gateway = processesOf(system.stateDir).find(({ command }) => command.includes('gateway/src/main.ts'));
    process.kill(gateway?.pid ?? -1, 'SIGKILL');
    const answer = await eventually('it answers again', async () => await fetch(`${system.front}/api/status`));
    expect(answer.status).toBe(200);
    expect((await system.live('dashboard')).state).toBe('running');
  });

  test('a replica is started again, and its route follows', async () => {
    const before = await system.live('dashboard');
    process.kill(Number(before.handle.split(':')[0]), 'SIGKILL');
    const after = await eventually('another dashboard answers', async () => {
      const answer = await fetch(`${system.front}/api/status`);
      const { instance } = (await answer.json()) as { readonly instance: string };
      return instance === before.instance ? undefined : instance;
    });
    expect((await system.live('dashboard')).instance).toBe(after);
  });

  test('the holder is replaced under a new grant, and at most one acts', async () => {
    const before = await system.live('bot');
    const { token } = await system.witness();
    process.kill(Number(before.handle.split(':')[0]), 'SIGKILL');
    const after = await eventually('another bot trades', async () => {
      const { holders } = await system.witness();
      return holders.at(-1)?.instance === before.instance ? undefined : holders.at(-1);
    });
    expect(after.instance).not.toBe(before.instance);
    const witness = await system.mustBeUnharmed();
    expect(witness.token).toBeGreaterThan(token ?? 0);
    expect(await system.mustTrade()).toMatchObject({ release: 1, phase: 'active', part: 'holder' });
  });
});
