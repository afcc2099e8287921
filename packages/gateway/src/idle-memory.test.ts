import { expect, it } from 'vitest';
import { IdleMemory } from './idle-memory.ts';

const MEGABYTE = 1024 * 1024;

const process = () => {
  const state = { megabytes: 60, utilization: 0, collections: 0 };
  const memory = new IdleMemory({
    residentBytes: () => state.megabytes * MEGABYTE,
    utilization: () => state.utilization,
    collect: () => {
      state.collections += 1;
      state.megabytes = Math.max(50, state.megabytes - 8);
    },
  });
  return { state, memory };
};

it('collects until nothing more comes of it when a busy process has become idle, and not again while nothing grows', () => {
  const { state, memory } = process();
  for (let look = 0; look < 5; look += 1) memory.look();
  expect(state).toMatchObject({ collections: 3, megabytes: 50 });
});

it('leaves a process alone that has something to do', () => {
  const { state, memory } = process();
  state.utilization = 0.3;
  memory.look();
  expect(state.collections).toBe(0);
});

it('collects again after enough has come together', () => {
  const { state, memory } = process();
  for (let look = 0; look < 5; look += 1) memory.look();
  state.megabytes = 57;
  memory.look();
  expect(state.collections).toBe(3);
  state.megabytes = 58;
  memory.look();
  expect(state.collections).toBe(4);
});
