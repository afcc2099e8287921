import type { LoadProcess } from '@baton/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mustBeFlawless, System } from './support/system.ts';

/** Each bad release, whether it is found before or after the switch, and what the message must name. */
const BAD = [
  { release: 'bad-exits', layer: 'process', evidence: /exited with code 1/ },
  // It lives for a tenth of a second: whether the gate, the handover or the bake sees its end is chance.
  { release: 'bad-crash-loops', layer: '(process|handover)', evidence: /exited with code 1/ },
  {
    release: 'bad-never-listens',
    layer: 'endpoint',
    evidence: /not healthy within \d+ ms: .*(refused|ECONNREFUSED|connect)/i,
  },
  { release: 'bad-fails-health', layer: 'endpoint', evidence: /GET \/health answered 503/ },
  { release: 'bad-wrong-release', layer: 'identity', evidence: /9999/ },
  { release: 'bad-leaks-memory', layer: 'resources', evidence: /memory/i },
  { release: 'bad-logs-errors', layer: 'logs', evidence: /errors within a minute.*marginMode/ },
] as const;

describe('a release that', () => {
  let system: System;
  let load: LoadProcess;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
    // Long enough for the slowest layer, memory, to be seen; a bake that fails ends at once.
    system.app.timings({ bake: '10s' });
    load = await system.load();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test.each(BAD)(
    '$release leaves the old one live and trading, and says the $layer and the evidence',
    async ({ release, layer, evidence }) => {
      const before = await system.mustTrade();
      const end = await system.deploy(release, '1');
      expect(end).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
      expect(end.summary).toMatch(new RegExp(`bot: ${layer}: `));
      expect(end.summary).toMatch(evidence);
      const holder = await system.mustTrade();
      expect(holder).toMatchObject({ release: before.release, phase: 'active' });
      expect((await system.api.status()).problems).toEqual([]);
      await system.mustBeUnharmed();
      const { failed, wrong } = await load.report();
      expect({ failed, wrong }).toEqual({ failed: 0, wrong: 0 });
    },
  );

  test('was refused in all these ways cost not one request', async () => {
    await mustBeFlawless(load);
  });
});
