import { type EnginePorts, emptyEnvironment, type Goal } from '@baton/core';
import { fakeClock, memoryStore } from '@baton/testkit';
import { expect, test } from 'vitest';
import { openGoal } from './opening.ts';

const goal: Goal = {
  generation: 2,
  kind: 'deploy',
  scope: 'app/local',
  release: 2,
  moves: [],
  kept: [],
  strategy: { bakeMs: 0, drainMs: 0, holdMs: 0, rollbackTimeoutMs: 0, gateTimeoutMs: 0 },
  listen: [],
  force: false,
  by: 'a test',
};

test('a goal is never opened over an open one, however new the standing that was read', async () => {
  const store = memoryStore();
  const ports = { store, clock: fakeClock(), emit: () => undefined } as unknown as EnginePorts;
  const environment = { ...emptyEnvironment(goal.scope), open: { generation: 1, seq: 0 } };
  const opening = openGoal(ports, { environment, version: 0 }, goal, undefined, { lock: 'driver/app/local', epoch: 1 });
  await expect(opening).rejects.toMatchObject({ code: 'busy' });
  expect(await store.streams()).toEqual([]);
});
