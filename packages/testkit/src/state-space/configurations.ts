import type { Goal, Move, Side } from '@baton/core';
import { type ModelService, modelGoal } from '../model/index.ts';

/** How things stand when the goal is opened. */
export type Beginning =
  /** The old release runs and, of a singleton, acts. */
  | 'standing'
  /** The holder of every singleton has ended. */
  | 'holder-dead'
  /** Nobody holds, and the last holder runs on a machine that nobody reaches. */
  | 'unproven'
  /** The account is traded by another environment. */
  | 'held-elsewhere'
  /** The emergency stop is set. */
  | 'latched';

/** One bounded world: what is deployed, what is asked, and how it begins. */
export interface Configuration {
  readonly name: string;
  readonly goal: Goal;
  readonly beginning: Beginning;
}

/** Everything is a few ticks long, so that each deadline comes within a path that can be followed to its end. */
const STRATEGY = { bakeMs: 500, drainMs: 0, holdMs: 1_000, rollbackTimeoutMs: 2_000, gateTimeoutMs: 1_000 };

const service = (name: string, more: Partial<ModelService>): ModelService => ({
  name,
  role: 'replicated',
  start: 'warm',
  stop: 'http',
  replicas: 1,
  routed: false,
  hadOld: true,
  venue: false,
  dependsOn: [],
  ...more,
});

const bot = (more: Partial<ModelService>): ModelService => service('bot', { role: 'singleton', venue: true, ...more });
const web = (more: Partial<ModelService> = {}): ModelService => service('web', { routed: true, ...more });

const goalFor = (services: readonly ModelService[], kind: Goal['kind']): Goal => ({
  ...modelGoal(services, kind),
  strategy: STRATEGY,
});

/** Both sides in one slot's place after another: as `restart` and `recover` move, the release stays the same. */
const sameRelease = (goal: Goal): Goal => {
  const next = (move: Move): Side | null =>
    move.from === null ? null : { ...move.from, slot: move.from.slot === 'blue' ? 'green' : 'blue' };
  return { ...goal, release: 1, moves: goal.moves.map((move) => ({ ...move, to: next(move) })) };
};

const one = (
  name: string,
  services: readonly ModelService[],
  kind: Goal['kind'],
  beginning: Beginning = 'standing',
) => ({
  name,
  goal: goalFor(services, kind),
  beginning,
});

const WAYS = [
  ['warm', 'http'],
  ['warm', 'signal'],
  ['warm', 'exec'],
  ['cold', 'http'],
  ['cold', 'signal'],
  ['cold', 'exec'],
] as const;

const singletons = (): Configuration[] =>
  WAYS.flatMap(([start, stop]) => {
    const way = `${start}-${stop}`;
    const alone = { start, stop } as const;
    const recovering = one(`${way}/recover`, [bot(alone)], 'recover', 'holder-dead');
    return [
      one(`${way}/deploy`, [bot({ ...alone, routed: true })], 'deploy'),
      one(`${way}/first`, [bot({ ...alone, hadOld: false })], 'deploy'),
      one(`${way}/stop`, [bot(alone)], 'stop'),
      { ...recovering, goal: sameRelease(recovering.goal) },
      one(`${way}/unproven`, [bot(alone)], 'deploy', 'unproven'),
    ];
  });

/** Every configuration that is checked, the ones with a single service first. */
export const configurations = (): readonly Configuration[] => [
  one('web/deploy', [web()], 'deploy'),
  one('web/two-replicas', [web({ replicas: 2 })], 'deploy'),
  one('web/first', [web({ hadOld: false })], 'deploy'),
  one('web/removed', [web({ fate: 'removed' })], 'deploy'),
  one('web/stop', [web()], 'stop'),
  ...singletons(),
  one('warm-http/held-elsewhere', [bot({})], 'deploy', 'held-elsewhere'),
  one('cold-signal/held-elsewhere', [bot({ start: 'cold', stop: 'signal' })], 'stop', 'held-elsewhere'),
  one('warm-http/latched', [bot({})], 'deploy', 'latched'),
  one('cold-signal/latched', [bot({ start: 'cold', stop: 'signal' })], 'deploy', 'latched'),
  one('warm-http/removed', [bot({ fate: 'removed' })], 'deploy'),
  one('warm-http/kept-web', [web({ fate: 'kept' }), bot({ dependsOn: ['web'] })], 'deploy'),
  one('web+warm-http/deploy', [web(), bot({ routed: true, dependsOn: ['web'] })], 'deploy'),
  one('web+cold-signal/deploy', [web(), bot({ start: 'cold', stop: 'signal', dependsOn: ['web'] })], 'deploy'),
  one('two-warm-http/deploy', [bot({}), bot({ name: 'hedge', dependsOn: ['bot'] })], 'deploy'),
  one(
    'warm-http+cold-signal/deploy',
    [bot({}), bot({ name: 'hedge', start: 'cold', stop: 'signal', dependsOn: ['bot'] })],
    'deploy',
  ),
];
