import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mustBeFlawless, System } from './support/system.ts';

const tagline = async (system: System): Promise<string> => {
  const answer = await fetch(`${system.front}/api/status`);
  return ((await answer.json()) as { readonly tagline: string }).tagline;
};

describe('deployments under load', () => {
  let system: System;
  let wordsOfOne: string;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
    wordsOfOne = await tagline(system);
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('release 2 replaces 1: no request lost, one trader, no orphan, and what is unchanged keeps its instance', async () => {
    const services = ['bluefin-service', 'mcp-memory', 'bot', 'dashboard'];
    const [bluefin, memory, bot, dashboard] = await Promise.all(services.map((service) => system.live(service)));
    const load = await system.load();
    const end = await system.deploy('2');
    expect(end).toMatchObject({ outcome: 'committed', exitCode: 0, release: 2 });
    await load.expectRelease('2');
    const holder = await system.mustTrade();
    const report = await mustBeFlawless(load);
    expect(Object.keys(report.perRelease).toSorted()).toEqual(['1', '2']);
    expect((await system.live('bluefin-service')).instance).toBe(bluefin?.instance);
    expect((await system.live('mcp-memory')).instance).toBe(memory?.instance);
    expect((await system.live('dashboard')).instance).not.toBe(dashboard?.instance);
    expect(holder).toMatchObject({ release: 2, part: 'holder', phase: 'active' });
    const witness = await system.mustBeUnharmed();
    expect(witness.handovers.at(-1)).toMatchObject({ fromInstance: bot?.instance, toInstance: holder.instance });
    expect(witness.handovers.at(-1)?.gapMs).toBeGreaterThan(0);
  });

  test('deploying what is live already opens nothing', async () => {
    const again = await system.api.deploy(system.app.load());
    expect(again).toMatchObject({ unchanged: true, release: 2 });
  });

  test('a rollback runs the old code, although the tree was edited since', async () => {
    const load = await system.load();
    system.app.change('src/dashboard/wording.ts', /'.*'/, "'edited after it was deployed'");
    const { generation } = await system.api.post<{ generation: number }>(system.api.at('rollback'), {
      to: 1,
      by: 'test',
    });
    const end = await system.api.end(generation);
    expect(end).toMatchObject({ outcome: 'committed', exitCode: 0, release: 1 });
    expect(await tagline(system)).toBe(wordsOfOne);
    expect(await system.mustTrade()).toMatchObject({ release: 1 });
    await mustBeFlawless(load);
    await system.mustBeUnharmed();
  });

  test('release 3, which is fine until it is live, goes back by itself with exit code 3', async () => {
    const before = await system.mustTrade();
    const load = await system.load();
    const end = await system.deploy('3');
    expect(end).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
    expect(end.summary).toMatch(/bot: \w+: /);
    const holder = await system.mustTrade();
    expect(holder).toMatchObject({ release: before.release, phase: 'active' });
    const report = await mustBeFlawless(load);
    expect(Object.keys(report.perRelease).length, 'it was live in between').toBe(2);
    await system.mustBeUnharmed();
  });
});
