import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { LoneWorkers } from './support/lone-workers.ts';

const SERVICES = ['cold-signal', 'cold-exec', 'cold-http', 'warm-http'] as const;

describe('a program that must act alone', () => {
  let workers: LoneWorkers;
  beforeAll(async () => {
    workers = await LoneWorkers.start();
    const end = await workers.deploy('one');
    expect(end.outcome, end.summary).toBe('committed');
  });
  afterAll(() => workers[Symbol.asyncDispose]());

  const acts = async (service: string, is: (deed: { version: string; pid: number }) => boolean) =>
    await eventually(`${service} acts`, () => {
      const last = workers.deeds(service).at(-1);
      return last?.kind === 'act' && is(last) ? last : undefined;
    });
  const mustBeAlone = (service: string): void => {
    const deeds = workers.deeds(service);
    expect(deeds.filter((deed) => deed.kind === 'overlap')).toEqual([]);
    // One after the other: whoever has begun acts no more after the next one has begun.
    const order = deeds.filter((deed) => deed.kind === 'act').map((deed) => deed.pid);
    const turns = order.filter((pid, index) => pid !== order[index - 1]);
    expect(turns).toEqual([...new Set(turns)]);
  };

  test('acts once it is deployed, and the four of them move to the next release as one', async () => {
    for (const service of SERVICES) await acts(service, (deed) => deed.version === 'one');
    const end = await workers.deploy('two');
    expect(end.outcome, end.summary).toBe('committed');
    for (const service of SERVICES) {
      await acts(service, (deed) => deed.version === 'two');
      mustBeAlone(service);
    }
  });

  test('is told by signal to end, and ends by itself before the next one starts', () => {
    const kinds = workers.deeds('cold-signal').filter((deed) => deed.kind !== 'act');
    expect(kinds.map(({ kind, version }) => `${kind} ${version}`)).toEqual(['begin one', 'end one', 'begin two']);
  });

  test('is told by its own commands, in their order, before the next one starts', () => {
    const kinds = workers.deeds('cold-exec').filter((deed) => deed.kind !== 'act');
    expect(kinds.map(({ kind }) => kind)).toEqual(['begin', 'quiesce', 'settle', 'exposure', 'checkpoint', 'begin']);
  });

  test('is up and waits where it is warm, and is started only after the grant where it is cold', () => {
    const kinds = (service: string): string[] =>
      workers
        .deeds(service)
        .filter((deed) => deed.kind !== 'act' && deed.version === 'two')
        .map((deed) => deed.kind);
    expect(kinds('warm-http')).toEqual(['listens', 'begin']);
    const cold = workers.deeds('cold-http');
    const ended = cold.findLastIndex((deed) => deed.version === 'one');
    expect(cold.findIndex((deed) => deed.version === 'two')).toBeGreaterThan(ended);
  });

  test.each(SERVICES)('comes back under a new grant when it was killed: %s', async (service) => {
    const { pid } = await acts(service, () => true);
    const { batons } = await workers.api.status();
    const before = batons.find((baton) => baton.service === service);
    process.kill(pid, 'SIGKILL');
    await acts(service, (deed) => deed.pid !== pid);
    const after = await eventually('its baton is held again', async () => {
      const status = await workers.api.status();
      const baton = status.batons.find((one) => one.service === service);
      return baton?.holder != null && baton.holder.instance !== before?.holder?.instance && status.open === null
        ? baton
        : undefined;
    });
    expect(after.token).toBeGreaterThan(before?.token ?? 0);
    mustBeAlone(service);
  });
});
