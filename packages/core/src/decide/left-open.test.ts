import { brokenEnd, type ModelService, ModelWorld, modelGoal } from '@baton/testkit';
import { describe, expect, test } from 'vitest';
import { instanceId } from '../names.ts';
import { decide } from './decide.ts';

const bot = (more: Partial<ModelService>): ModelService => ({
  name: 'bot',
  role: 'singleton',
  start: 'cold',
  stop: 'signal',
  replicas: 1,
  routed: false,
  hadOld: true,
  venue: true,
  dependsOn: [],
  ...more,
});

/** Acts to the end; the steps in order, and what the venue showed as it was written down. */
const toTheEnd = (world: ModelWorld, orders: number): string[] => {
  const steps: string[] = [];
  for (let step = 0; step < 500 && world.closed === undefined; step += 1) {
    const decision = decide(world.goal, world.see());
    steps.push(decision.action.kind);
    world.act(decision, 'done');
    if (decision.action.kind !== 'record-proof') continue;
    const proof = { kind: 'operator', instance: instanceId('i1'), by: 'x', question: 'q' } as const;
    const open = { orders, positions: 0 };
    world.journal({ type: 'baton.proven', key: 'bot', service: 'bot', proof, reconciled: '', open });
  }
  return steps;
};
const killed = (world: ModelWorld): void => {
  for (const one of world.instances) if (one.service === 'bot') world.kill(one);
};

describe('what is left open at the venue', () => {
  test('is told a person by a stop that found the holder dead, and the stop is not called stopped', () => {
    const world = new ModelWorld(modelGoal([bot({})], 'stop'), () => false);
    killed(world);
    toTheEnd(world, 1);
    expect(world.closed).toEqual(
      expect.objectContaining({
        outcome: 'needs-operator',
        summary: 'stopped and nothing acts, but not settled: bot: the venue shows 1 order and 0 positions open',
      }),
    );
  });

  test('is asked for after a first release that failed once it had acted', () => {
    const world = new ModelWorld(modelGoal([bot({ hadOld: false })], 'deploy'), () => false);
    while (world.facts.switchedAt.forward === undefined) world.act(decide(world.goal, world.see()), 'done');
    killed(world);
    const steps = toTheEnd(world, 2);
    expect(steps.slice(steps.indexOf('revoke'))).toContain('reconcile');
    expect(world.closed?.outcome).toBe('needs-operator');
    expect(world.closed?.summary).toContain('not settled: bot: the venue shows 2 orders and 0 positions open');
    expect(brokenEnd(world)).toEqual([]);
  });

  test('is said where the service is no part of the new release', () => {
    const world = new ModelWorld(modelGoal([bot({ fate: 'removed' })], 'deploy'), () => false);
    killed(world);
    toTheEnd(world, 1);
    expect(world.closed?.outcome).toBe('committed');
    expect(world.closed?.summary).toContain('not settled: bot: the venue shows 1 order');
  });

  test('is nothing to speak of where nothing is open', () => {
    const world = new ModelWorld(modelGoal([bot({})], 'stop'), () => false);
    killed(world);
    toTheEnd(world, 0);
    expect(world.closed?.outcome).toBe('stopped');
  });
});
