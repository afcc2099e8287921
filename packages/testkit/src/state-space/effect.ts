import type { Action, Goal } from '@baton/core';
import {
  breaks,
  byId,
  changeInstance,
  journal,
  note,
  nowOf,
  recordOf,
  type SpaceInstance,
  type SpaceState,
  start,
  trade,
} from './space-state.ts';
import { transaction } from './transaction.ts';

/** What became of an action: the world after it, and what its driver then writes and remembers. */
export interface Effect {
  readonly state: SpaceState;
  readonly tell: (state: SpaceState) => SpaceState;
}

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

const untold = (state: SpaceState): Effect => ({ state, tell: (after) => after });
const kills = (state: SpaceState, ids: readonly string[]): SpaceState | undefined => {
  let next = state;
  for (const id of ids) {
    const one = byId(state, id);
    if (one?.contact === 'unreachable') return undefined;
    if (one?.alive === true) next = changeInstance(next, id, { alive: false });
  }
  return next;
};
const death = (instance: SpaceInstance['id']) => ({
  kind: 'death' as const,
  death: { instance, handle: '', method: 'cgroup-empty' as const, weak: false, note: '', at: 0 },
});

const launch = (state: SpaceState, action: Of<'launch' | 'launch-holder'>, sound: SpaceInstance['sound']): Effect => {
  const { service, side } = action;
  const holder = action.kind === 'launch-holder';
  const more = holder ? { id: action.instance, floor: action.token, sound } : { replica: action.replica, sound };
  if (holder && recordOf(state, service).latch !== null)
    return untold(breaks(state, `${service} was started to act while latched`));
  if (holder && byId(state, action.instance) !== undefined)
    return untold(breaks(state, `${action.instance} of ${service} was started twice`));
  const next = start(state, service, side, holder ? 'holder' : action.startAs, more);
  const launched = next.instances.at(-1) as SpaceInstance;
  const began = holder ? trade(next, service, true) : next;
  const { slot, release } = side;
  const at = nowOf(state);
  return {
    state: began,
    tell: (after) =>
      journal(after, { type: 'instance.launched', at, service, slot, release, instance: launched.id, handle: '' }),
  };
};

const hook = (
  state: SpaceState,
  one: SpaceInstance,
  name: string,
  phase: SpaceInstance['phase'],
): Effect | undefined => {
  if (!one.alive || one.contact === 'unreachable') return undefined;
  const { service, id } = one;
  return {
    state: changeInstance(name === 'settle' ? trade(state, service, false) : state, id, { phase }),
    tell: (after) => journal(after, { type: 'hook.ran', hook: name, service, instance: id, code: 0 }),
  };
};

const answers = (one: SpaceInstance): boolean => one.alive && one.contact === 'clear';

/** The lifecycle contract as the workload keeps it: a lower token than it was ever told is refused. */
const release = (state: SpaceState, action: Of<'quiesce' | 'settle' | 'checkpoint'>): Effect | undefined => {
  const one = byId(state, action.instance);
  if (one === undefined) return undefined;
  const { service } = action;
  const stop = one.side.pinned.spec.singleton?.stop;
  const { token } = recordOf(state, service);
  const taken = (after: SpaceState): SpaceState =>
    note(after, service, {
      checkpoint: { from: one.id, checkpoint: { state: {}, takenAt: 0, format: 'space' } },
    });
  if (action.kind === 'quiesce' && stop === 'signal') {
    const dead = kills(state, [one.id]);
    // It settles by itself where it is there to hear the signal.
    const settled = dead !== undefined && answers(one) ? trade(dead, service, false) : dead;
    return settled && { state: settled, tell: (after) => note(after, service, { proof: death(one.id) }) };
  }
  if (stop === 'exec') {
    if (action.kind === 'quiesce') return hook(state, one, 'quiesce', 'quiesced');
    if (action.kind === 'settle') return hook(state, one, 'settle', 'settled');
    return one.contact === 'unreachable' ? undefined : { state, tell: taken };
  }
  if (!answers(one) || one.phase === 'standby' || token < one.floor) return undefined;
  if (action.kind === 'checkpoint') return { state, tell: taken };
  const phase = action.kind === 'settle' || one.phase === 'settled' ? 'settled' : 'quiesced';
  const settled = phase === 'settled' ? trade(state, service, false) : state;
  return untold(changeInstance(settled, one.id, { phase, floor: token }));
};

const activate = (state: SpaceState, { service, instance, token }: Of<'activate'>): Effect | undefined => {
  const one = byId(state, instance);
  if (recordOf(state, service).latch !== null) return untold(breaks(state, `${service} was activated while latched`));
  if (one === undefined || !answers(one)) return undefined;
  const repeat = one.phase === 'active' && one.floor === token;
  if (!repeat && token <= one.floor) return undefined;
  return {
    state: changeInstance(trade(state, service, true), instance, { phase: 'active', floor: token }),
    // What was gathered of the holder before says nothing of this one's end.
    tell: (after) => {
      const held = after.evidence.get(service)?.held;
      const evidence = new Map(after.evidence);
      evidence.set(service, held === undefined ? {} : { held });
      return { ...after, evidence };
    },
  };
};

const deactivate = (state: SpaceState, { instance, token }: Of<'deactivate'>): Effect | undefined => {
  const one = byId(state, instance);
  if (one === undefined || !answers(one) || token < one.floor) return undefined;
  return untold(changeInstance(state, instance, { phase: 'standby', floor: token }));
};

const route = (state: SpaceState, action: Of<'route'>): Effect | undefined => {
  if (state.out.has('routes')) return undefined;
  const held = new Set([...state.held].filter((service) => !action.release.includes(service)));
  const { direction } = action;
  return {
    state: { ...state, config: { ...action.config, epoch: 1 }, held },
    tell: (after) => {
      let next = after;
      for (const service of action.release) next = note(next, service, { held: false });
      if (!action.final) return next;
      return journal(next, { type: 'traffic.switched', direction, at: nowOf(after), maxHeldMs: 0 });
    },
  };
};

const retire = (goal: Goal, state: SpaceState, action: Of<'retire'>): Effect | undefined => {
  const { service, slot } = action;
  const { facts } = state;
  const old = goal.moves.find((move) => move.service === service)?.from?.slot === slot;
  if (old && goal.kind !== 'stop' && !facts.stopping && !facts.passed.has('bake'))
    return untold(breaks(state, `the old release of ${service} was retired before the bake had ended`));
  const dead = kills(state, action.instances);
  return dead && { state: dead, tell: (after) => journal(after, { type: 'slot.retired', service, slot, cut: 0 }) };
};

const hold = (state: SpaceState, { services }: Of<'hold'>): Effect => ({
  state: { ...state, held: new Set([...state.held, ...services]) },
  tell: (after) => services.reduce((next, service) => note(next, service, { held: true }), after),
});

const reconcile = (state: SpaceState, { service }: Of<'reconcile'>): Effect | undefined => {
  if (state.out.has('venue')) return undefined;
  const { token } = recordOf(state, service);
  const orders = state.orders.has(service) ? 1 : 0;
  return {
    state,
    tell: (after) => note(after, service, { reconciled: { token, summary: '', orders, positions: 0 } }),
  };
};

const prove = (state: SpaceState, { service, instance }: Of<'prove'>): Effect | undefined => {
  const dead = kills(state, [instance]);
  return dead && { state: dead, tell: (after) => note(after, service, { proof: death(instance) }) };
};

/** What an action does where it is not hindered; undefined where this world refuses it. */
export const effectOf = (
  goal: Goal,
  state: SpaceState,
  action: Action,
  sound: SpaceInstance['sound'] = 'well',
): Effect | undefined => {
  switch (action.kind) {
    case 'launch':
    case 'launch-holder':
      return launch(state, action, sound);
    case 'quiesce':
    case 'settle':
    case 'checkpoint':
      return release(state, action);
    case 'hold':
      return hold(state, action);
    case 'deactivate':
      return deactivate(state, action);
    case 'prove':
      return prove(state, action);
    case 'reconcile':
      return reconcile(state, action);
    case 'activate':
      return activate(state, action);
    case 'route':
      return route(state, action);
    case 'retire':
      return retire(goal, state, action);
    default:
      return untold(transaction(goal, state, action));
  }
};
