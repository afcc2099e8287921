import { type Action, directionOf, type Goal, type Move, proofFor, type Verdict } from '@baton/core';
import { see } from './see.ts';
import {
  breaks,
  byId,
  changeRecord,
  freshId,
  journal,
  nowOf,
  recordOf,
  type SpaceInstance,
  type SpaceState,
} from './space-state.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

const isWell = (one: SpaceInstance | undefined): boolean =>
  one?.alive === true && one.contact === 'clear' && one.sound === 'well';

const newSide = (state: SpaceState, { service, to }: Move): readonly SpaceInstance[] =>
  state.instances.filter(
    (one) => one.service === service && one.side.release === to?.release && one.side.slot === to.slot,
  );

/** A check that is passed is true: of what it let through everything is well. */
const falseVerdict = (goal: Goal, state: SpaceState, { check, passed }: Verdict): string | undefined => {
  if (!passed || (check !== 'gate' && check !== 'bake')) return undefined;
  for (const move of goal.moves) {
    const spec = move.to?.pinned.spec;
    if (spec === undefined) continue;
    const well = newSide(state, move).filter((one) => isWell(one) && one.heard === 'well').length;
    if (check === 'gate' && spec.singleton?.start !== 'cold' && well < spec.replicas)
      return `the gate was passed while ${move.service} is not well`;
    const holder = byId(state, recordOf(state, move.service).holder?.instance ?? '');
    const acts = spec.role !== 'singleton' || (isWell(holder) && holder?.phase === 'active');
    if (check === 'bake' && !state.facts.promoted && (!acts || well === 0))
      return `the bake was passed while ${move.service} is not well`;
  }
  return undefined;
};

/** On the way forward a holder that would answer is settled before its baton is taken. */
const unsettled = (goal: Goal, state: SpaceState, services: readonly string[]): string | undefined => {
  if (directionOf(state.facts) === 'back') return undefined;
  return services.find((service) => {
    const { holder } = recordOf(state, service);
    const one = byId(state, holder?.instance ?? '');
    const tried = state.facts.failures.has(`forward/handover/${service}/quiesce`);
    return holder?.scope === goal.scope && isWell(one) && one?.phase === 'active' && !tried;
  });
};

const grant = (goal: Goal, state: SpaceState, { grants }: Of<'grant'>): SpaceState => {
  const world = see(state);
  let next = state;
  for (const { service, side, instance } of grants) {
    const id = instance === 'fresh' ? freshId(next) : instance;
    if (instance === 'fresh') next = { ...next, nextId: next.nextId + 1 };
    const { slot, release } = side;
    const holder = { instance: id, service, slot, release, scope: goal.scope };
    const proof = proofFor(goal, world, service);
    const acts = state.instances.find((one) => one.service === service && one.alive && one.phase === 'active');
    if (acts !== undefined) next = breaks(next, `${service} was granted while ${acts.id} acts`);
    const change = proof === undefined ? { kind: 'grant' as const, holder } : { kind: 'grant' as const, holder, proof };
    next = changeRecord(next, goal.scope, service, change);
    const { token } = recordOf(next, service);
    const granted = { key: service, service, token, to: id, slot, release, proof: proof ?? null, reconciled: '' };
    next = journal(next, { type: 'baton.granted', ...granted });
  }
  return next;
};

const revoke = (goal: Goal, state: SpaceState, { services }: Of<'revoke'>): SpaceState => {
  const service = unsettled(goal, state, services);
  const judged = service === undefined ? state : breaks(state, `${service} was revoked without being settled`);
  return services.reduce((next, one) => changeRecord(next, goal.scope, one, { kind: 'revoke' }), judged);
};

const verdict = (goal: Goal, state: SpaceState, action: Of<'verdict'>): SpaceState => {
  const untrue = falseVerdict(goal, state, action.verdict);
  const judged = untrue === undefined ? state : breaks(state, untrue);
  return journal(judged, { type: 'verdict', at: nowOf(state), verdict: action.verdict });
};

const recordProof = (goal: Goal, state: SpaceState, service: string): SpaceState => {
  const proof = proofFor(goal, see(state), service);
  if (proof === undefined) return state;
  const { reconciled } = state.evidence.get(service) ?? {};
  const proven = { type: 'baton.proven', key: service, service, proof, reconciled: '' } as const;
  const next = changeRecord(state, goal.scope, service, { kind: 'prove', proof });
  if (reconciled === undefined) return journal(next, proven);
  return journal(next, { ...proven, open: { orders: reconciled.orders, positions: reconciled.positions } });
};

/** Actions that are nothing but one transaction: they happen whole or not at all, and are known to have. */
export const isAtomic = (action: Action): boolean =>
  ['begin-gate', 'verdict', 'ask', 'close', 'revoke', 'grant', 'record-proof'].includes(action.kind);

/** The world after such an action. */
export const transaction = (goal: Goal, state: SpaceState, action: Action): SpaceState => {
  switch (action.kind) {
    case 'begin-gate':
      return journal(state, { type: 'gate.began', direction: action.direction, at: nowOf(state) });
    case 'verdict':
      return verdict(goal, state, action);
    case 'ask':
      return journal(state, { type: 'operator.asked', direction: 'forward', question: action.question });
    case 'close':
      return { ...state, closed: { outcome: action.outcome, summary: action.summary } };
    case 'revoke':
      return revoke(goal, state, action);
    case 'grant':
      return grant(goal, state, action);
    case 'record-proof':
      return recordProof(goal, state, action.service);
    default:
      return state;
  }
};
