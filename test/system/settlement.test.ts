import type { StreamLine } from '@baton/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { ACCOUNT, System } from './support/system.ts';

type Count = { readonly known: true; readonly value: number } | { readonly known: false; readonly reason: string };

const payloads = (lines: readonly StreamLine[], type: string): readonly Readonly<Record<string, unknown>>[] =>
  lines.flatMap((line) => (line.kind === 'journal' && line.type === type ? [line.payload] : []));

/** What the old holder said when it had settled, and what the venue said before the grant. */
const settlement = (lines: readonly StreamLine[]) => {
  const exposure = payloads(lines, 'holder.settled').at(-1)?.exposure as
    | { readonly openOrders: Count; readonly positions: Count; readonly inFlight: Count }
    | undefined;
  const venue = /(\d+) open orders, (\d+) positions/.exec(String(payloads(lines, 'baton.granted').at(-1)?.reconciled));
  return { exposure, orders: Number(venue?.[1]), positions: Number(venue?.[2]) };
};

const known = (value: number): Count => ({ known: true, value });

describe('what is open when the baton moves', () => {
  let system: System;
  let live = '1';
  beforeAll(async () => {
    system = await System.start();
    system.app.timings({ bake: '300ms', drain: '500ms' });
    system.app.edit('baton.yaml', 'settleTimeout: 10s', 'settleTimeout: 1500ms');
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const other = (): string => (live === '1' ? '2' : '1');
  const heldPosition = async (): Promise<void> => {
    await eventually('the bot holds a position', async () =>
      (await system.venue.positions(ACCOUNT)).length > 0 ? true : undefined,
    );
  };
  const move = async (): Promise<ReturnType<typeof settlement>> => {
    const next = other();
    const end = await system.deploy(next);
    expect(end.outcome, end.summary).toBe('committed');
    live = next;
    await system.mustTrade();
    await system.mustBeUnharmed();
    return settlement(end.lines);
  };

  test('is cancelled and closed by settle: flatten, and the venue says so too before the grant', async () => {
    await heldPosition();
    const { exposure, orders, positions } = await move();
    expect(exposure).toEqual({ openOrders: known(0), positions: known(0), inFlight: known(0) });
    expect({ orders, positions }).toEqual({ orders: 0, positions: 0 });
  });

  test.each(['transfer', 'keep'])('is handed on by settle: %s, and the next holder owns it', async (policy) => {
    system.app.edit('baton.yaml', /settle: (flatten|transfer)\b/, `settle: ${policy}`);
    // The first move still settles as the release before had declared it.
    await move();
    await heldPosition();
    const { exposure, orders, positions } = await move();
    expect(exposure).toMatchObject({ openOrders: known(orders), positions: known(positions), inFlight: known(0) });
  });
});

describe('a settlement that cannot be', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    system.app.timings({ bake: '300ms', drain: '500ms' });
    system.app.edit('baton.yaml', 'settleTimeout: 10s', 'settleTimeout: 1500ms');
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  /** Deploys under a fault that is cleared once the settlement has failed. */
  const failing = async (): Promise<{ readonly failure: string; readonly lines: readonly StreamLine[] }> => {
    const { generation } = await system.begin('2');
    let failure = '';
    for await (const line of system.api.follow(generation)) {
      if (line.kind === 'end') break;
      if (line.kind !== 'journal' || line.type !== 'step.failed') continue;
      failure = String(line.payload.message);
      break;
    }
    await system.venue.clearFaults();
    const end = await system.api.end(generation);
    expect(end, end.summary).toMatchObject({ outcome: 'rolled-back', exitCode: 3 });
    return { failure, lines: end.lines };
  };

  test('because the market is suspended fails the deployment, and the old release trades again', async () => {
    await eventually('the bot holds a position', async () =>
      (await system.venue.positions(ACCOUNT)).length > 0 ? true : undefined,
    );
    await system.venue.fault({ kind: 'suspended' });
    const before = await system.live('bot');
    const { failure } = await failing();
    expect(failure).toMatch(/positions/);
    expect(await system.mustTrade()).toMatchObject({ release: before.release });
    await system.mustBeUnharmed();
  });

  test('because the venue does not answer is unknown and never flat', async () => {
    await system.venue.fault({ kind: 'failed-query', account: ACCOUNT });
    const { failure, lines } = await failing();
    expect(failure).toMatch(/unknown/);
    expect(payloads(lines, 'holder.settled').filter((one) => JSON.stringify(one).includes('"value":0'))).toEqual([]);
    expect(await system.mustTrade()).toMatchObject({ release: 1 });
    await system.mustBeUnharmed();
  });

  test('because another trades the account blocks the grant, until a person has looked and says so', async () => {
    const foreign = await system.venue.foreignOrder(ACCOUNT, 'somebody-else-1');
    await system.app.apply('2');
    const asked = await system.baton('deploy', 'local');
    expect(asked.code, asked.stdout + asked.stderr).toBe(5);
    const told = asked.stdout + asked.stderr;
    expect(told).toContain('somebody-else-1');
    expect(told).toContain('retry');
    expect(told).toContain('stay-down');
    const { orders } = await system.witness();
    const { open, batons } = await system.api.status();
    expect(open?.question?.answers.map(({ answer }) => answer)).toEqual(['retry', 'stay-down']);
    expect(batons.find((baton) => baton.service === 'bot')?.holder).toBeNull();
    const wrong = await system.baton('resolve', 'local', 'go-ahead');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/retry.*stay-down/s);
    expect((await system.witness()).orders, 'nobody trades meanwhile').toBe(orders);
    await system.venue.cancel(ACCOUNT, foreign);
    const resolved = await system.baton('resolve', 'local', 'retry');
    expect(resolved.code, resolved.stdout + resolved.stderr).toBe(0);
    expect(await system.mustTrade()).toMatchObject({ release: (await system.api.status()).release });
    expect((await system.witness()).overlaps).toBe(0);
  });

  test('and is left alone by a person leaves nobody trading, and a later deployment begins anew', async () => {
    const foreign = await system.venue.foreignOrder(ACCOUNT, 'somebody-else-2');
    await system.app.apply('1');
    expect((await system.baton('deploy', 'local')).code).toBe(5);
    const left = await system.baton('resolve', 'local', 'stay-down');
    expect(left.code, left.stdout + left.stderr).toBe(5);
    const { orders } = await system.witness();
    expect((await system.api.status()).open).toBeNull();
    await system.venue.cancel(ACCOUNT, foreign);
    expect((await system.witness()).orders).toBe(orders);
    const again = await system.baton('deploy', 'local');
    expect(again.code, again.stdout + again.stderr).toBe(0);
    await system.mustTrade();
    expect((await system.witness()).overlaps).toBe(0);
  });
});
