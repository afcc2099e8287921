import { describe, expect, test } from 'vitest';
import { type BatonRecord, emptyBaton } from '../baton/index.ts';
import { goalOf, SCOPE, sideOf, singleton } from '../engine/testing/engine-fakes.ts';
import { noFacts } from '../journal/facts.ts';
import { instanceId } from '../names.ts';
import { supervise } from './supervise.ts';
import type { InstanceView, World } from './world.ts';

const bot = sideOf(singleton('bot'), 1, 'blue');
const goal = goalOf({ kind: 'recover', kept: [{ service: 'bot', ...bot }] });
const view = (name: string, state: InstanceView['state']): InstanceView => ({
  instance: instanceId(name),
  service: 'bot',
  slot: 'blue',
  release: 1,
  digest: '',
  replica: 0,
  startedAs: 'holder',
  state,
  handle: '',
  addresses: {},
  startedAt: 0,
  health: { successes: 5, identity: 'match', violations: [], lastFailure: undefined },
  lifecycle: undefined,
});
const world = (instances: readonly InstanceView[], record: Partial<BatonRecord>): World => ({
  now: { boot: 'b', monotonicMs: 0, wallMs: 0 },
  facts: noFacts,
  instances: { known: true, value: instances },
  traffic: { known: true, value: { config: undefined, held: {}, activity: [], peerBase: '' } },
  batons: { bot: { record: { ...emptyBaton('account/main'), ...record }, evidence: {} } },
  bakeHealthyMs: 0,
});
const holder = (name: string, scope = SCOPE) => ({
  instance: instanceId(name),
  service: 'bot',
  slot: 'blue' as const,
  release: 1,
  scope,
});
const decided = (seen: World, mayStart = true): string => supervise(goal, seen, () => mayStart).action.kind;

describe('supervision of a singleton', () => {
  test('recovers one whose holder is dead', () => {
    expect(decided(world([view('a', 'dead')], { holder: holder('a') }))).toBe('recover');
  });
  test('spaces its recoveries out', () => {
    expect(decided(world([view('a', 'dead')], { holder: holder('a') }), false)).not.toBe('recover');
  });
  test('recovers nothing whose state is not known', () => {
    expect(decided(world([view('a', 'unknown')], { holder: holder('a') }))).not.toBe('recover');
  });
  test('leaves down what was put down', () => {
    expect(decided(world([view('a', 'dead')], {}))).not.toBe('recover');
  });
  test('takes no account back that another environment trades now', () => {
    expect(decided(world([], { holder: holder('theirs', 'app/docker') }))).not.toBe('recover');
  });
  test('kills whatever still runs under the latch', () => {
    const latch = { setAt: 0, by: 'p', reason: 'r' };
    const { action } = supervise(goal, world([view('late', 'running')], { latch }), () => true);
    expect(action).toEqual({ kind: 'prove', service: 'bot', instance: 'late', tell: false });
    expect(decided(world([view('a', 'dead')], { latch, holder: holder('a') }))).not.toBe('recover');
  });
});
