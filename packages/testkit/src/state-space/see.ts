import {
  type BatonView,
  type HealthView,
  type InstanceView,
  type Known,
  known,
  type LifecycleState,
  UNSEEN,
  unknown,
  type World,
} from '@baton/core';
import { nowOf, type SpaceInstance, type SpaceState } from './space-state.ts';

const READY: HealthView = { successes: 2, identity: 'match', violations: [], lastFailure: undefined };
const STARTING: HealthView = { successes: 0, identity: 'unseen', violations: [], lastFailure: 'nothing listens' };
const STRANGER: HealthView = { successes: 0, identity: 'mismatch', violations: [], lastFailure: 'another release' };

const healthOf = (one: SpaceInstance): HealthView => {
  if (one.heard === 'nothing yet') return UNSEEN;
  if (one.contact !== 'clear' && one.heard === 'well') {
    const violation = { layer: 'endpoint', service: one.service, instance: one.id, evidence: 'it hangs' } as const;
    return { successes: 0, identity: 'match', violations: [violation], lastFailure: 'it hangs' };
  }
  if (one.heard !== 'well') return STARTING;
  return one.sound === 'stranger' ? STRANGER : READY;
};

const lifecycleOf = (one: SpaceInstance): Known<LifecycleState> | undefined => {
  const { singleton } = one.side.pinned.spec;
  if (!one.alive || singleton === undefined || (singleton.stop !== 'http' && singleton.start !== 'warm'))
    return undefined;
  if (one.contact !== 'clear') return unknown('it hangs');
  const { release, pinned } = one.side;
  return known({ instance: one.id, phase: one.phase, token: one.floor, release, digest: pinned.digest });
};

const viewed = new WeakMap<SpaceInstance, InstanceView>();

const viewOf = (one: SpaceInstance): InstanceView => {
  const seen = viewed.get(one);
  if (seen !== undefined) return seen;
  const view: InstanceView = {
    instance: one.id,
    service: one.service,
    slot: one.side.slot,
    release: one.side.release,
    digest: one.side.pinned.digest,
    replica: one.replica,
    startedAs: one.startedAs,
    state: one.contact === 'unreachable' ? 'unknown' : one.alive ? 'running' : 'dead',
    handle: one.id,
    addresses: { 8000: `127.0.0.1:${one.id}` },
    startedAt: 0,
    health: healthOf(one),
    lifecycle: lifecycleOf(one),
  };
  viewed.set(one, view);
  return view;
};

/** The world as a driver sees it at this moment. */
export const see = (state: SpaceState): World => {
  const batons: Record<string, BatonView> = {};
  for (const [service, record] of state.batons)
    batons[service] = { record, evidence: state.evidence.get(service) ?? {} };
  const held = Object.fromEntries([...state.held].map((service) => [service, 0]));
  const { config } = state;
  return {
    now: nowOf(state),
    facts: state.facts,
    instances: state.out.has('target') ? unknown('no answer') : known(state.instances.map(viewOf)),
    traffic: state.out.has('gateway')
      ? unknown('no answer')
      : known({ config, held, activity: [], peerBase: 'http://peers' }),
    batons,
    bakeHealthyMs: state.bakeHealthyMs,
  };
};
