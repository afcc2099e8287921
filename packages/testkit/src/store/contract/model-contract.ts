import type { Store } from '@baton/core';
import { expect, it } from 'vitest';
import { type SeededRandom, seededRandom } from '../../clock/index.ts';
import { memoryStore } from '../memory-store.ts';
import type { ContractContext } from './store-fixture.ts';

const SEEDS = [1, 2, 3];
const STEPS = 150;
const NAMES = ['a', 'b', 'a/b'] as const;
const OWNERS = ['me', 'you'] as const;

/** One question or change, the same for both stores. Small ranges, so that conflicts and takeovers are common. */
const randomStep = (random: SeededRandom): ((store: Store) => Promise<unknown>) => {
  const [name, other] = [random.pick(NAMES), random.pick(NAMES)];
  const owner = random.pick(OWNERS);
  const [version, token, now, value] = [random.below(4), random.below(5), random.below(60), random.below(1_000)];
  const grant = { name, owner, fencingToken: token, expiresAt: 0 };
  const write = { key: name, expectedVersion: version, value };
  const draft = { stream: other, type: 'step', at: now, payload: { value } };
  const fence = { lock: other, fencingToken: token };
  const steps: readonly ((store: Store) => Promise<unknown>)[] = [
    (store) => store.get(name),
    (store) => store.list('a'),
    (store) => store.transact({ writes: [write] }),
    (store) => store.transact({ writes: [write], append: [draft, draft] }),
    (store) => store.transact({ append: [draft], fence }),
    (store) => store.transact({ writes: [write], append: [draft], fence }),
    (store) => store.readJournal(name, version, token),
    (store) => store.streams(),
    (store) => store.verifyJournal(name),
    (store) => store.acquireLock(name, owner, now, 20, owner),
    (store) => store.renewLock(grant, now, 20),
    (store) => store.releaseLock(grant),
    (store) => store.stealLock(name, owner, now, 20, owner),
  ];
  return random.pick(steps);
};

/** Every store is the same store: what one answers, all answer. */
export const modelContract = ({ store }: ContractContext): void => {
  it.each(SEEDS)(`answers ${STEPS} random steps as the store in memory does (seed %d)`, async (seed) => {
    const random = seededRandom(seed);
    const model = memoryStore();
    for (let i = 0; i < STEPS; i += 1) {
      const step = randomStep(random);
      expect(await step(store()), `step ${i}`).toEqual(await step(model));
    }
    expect(await store().list('')).toEqual(await model.list(''));
  });
};
