import { type Action, decide, type Goal, LAUNCH, RELEASE_HOLDER, stepOf } from '@baton/core';
import { effectOf } from './effect.ts';
import { see } from './see.ts';
import {
  breaks,
  byId,
  changeInstance,
  changeRecord,
  FOREIGN,
  freshId,
  journal,
  nowOf,
  type Outage,
  recordOf,
  type SpaceInstance,
  type SpaceState,
  stepFailed,
  TICK_MS,
  trade,
} from './space-state.ts';
import { isAtomic } from './transaction.ts';

/** One way on from a state. */
export interface Successor {
  /** What happened, in words. */
  readonly label: string;
  /** Nothing went wrong and nobody asked for anything: such ways alone must lead to an end. */
  readonly free: boolean;
  readonly state: SpaceState;
}

/** Longer than every deadline of the configurations. */
const PAUSE_TICKS = 6;

const sameSide = (one: SpaceInstance, service: string, release: number, slot: string): boolean =>
  one.service === service && one.side.release === release && one.side.slot === slot && one.alive;

/** Time passes: whoever can answer has done so, what only failed to answer for a moment answers again. */
const pass = (goal: Goal, state: SpaceState, ticks: number): SpaceState => {
  const instances = state.instances.map((one) => {
    if (!one.alive || one.heard === 'well') return one;
    const heard = one.contact === 'clear' && one.sound !== 'sick' ? ('well' as const) : ('nothing good' as const);
    return heard === one.heard ? one : { ...one, heard };
  });
  const { facts } = state;
  const baking = facts.switchedAt.forward !== undefined && facts.failed === undefined;
  const well = goal.moves.every(
    ({ service, to }) =>
      to === null ||
      instances.some(
        (one) => sameSide(one, service, to.release, to.slot) && one.heard === 'well' && one.contact === 'clear',
      ),
  );
  const out = new Set([...state.out].filter((outage) => outage === 'venue' || outage === 'routes'));
  const bakeHealthyMs = baking && well ? state.bakeHealthyMs + TICK_MS : state.bakeHealthyMs;
  return { ...state, instances, out, ticks: state.ticks + ticks, bakeHealthyMs };
};

/** The driver dies, and another goes on from what the journal and the world say. */
const anotherDriver = (state: SpaceState): SpaceState => ({
  ...state,
  evidence: new Map(),
  bakeHealthyMs: state.facts.bakeHealthyMs,
  instances: state.instances.map((one) => (one.alive ? { ...one, heard: 'nothing yet' } : one)),
});

/** Another environment that traded the account was stopped, and proved it. */
const givenBack = (state: SpaceState): SpaceState => {
  let next = state;
  for (const [service, { holder }] of state.batons) {
    if (holder?.scope !== FOREIGN) continue;
    const proof = { kind: 'operator', instance: holder.instance, by: 'the other', question: '' } as const;
    next = changeRecord(next, FOREIGN, service, { kind: 'revoke' });
    next = changeRecord(next, FOREIGN, service, { kind: 'prove', proof });
  }
  return next;
};

const mended = (state: SpaceState): SpaceState => ({
  ...givenBack(state),
  out: new Set(),
  instances: state.instances.map((one) =>
    one.contact === 'clear' && one.sound === 'well' ? one : { ...one, contact: 'clear', sound: 'well' },
  ),
});

const labelOf = (action: Action): string => {
  if ('instance' in action) return `${action.kind} ${action.service} ${action.instance}`;
  if ('service' in action) return `${action.kind} ${action.service}`;
  if (action.kind === 'verdict')
    return `verdict ${action.verdict.check} ${action.verdict.passed ? 'passed' : 'failed'}`;
  if (action.kind === 'ask') return `ask ${action.question.id}`;
  if (action.kind === 'close') return `close ${action.outcome}`;
  if (action.kind === 'route') return `route ${action.direction}${action.final ? ' final' : ''}`;
  return action.kind;
};

/** What is written before an effect; of all intents these are facts. */
const intended = (state: SpaceState, action: Action): SpaceState => {
  if (action.kind === 'launch' || action.kind === 'launch-holder') {
    const subject = action.kind === 'launch' ? freshId(state) : action.instance;
    return journal(state, { type: 'intent', operation: subject, action: LAUNCH, subject });
  }
  if (action.kind !== 'quiesce' && action.kind !== 'settle' && action.kind !== 'checkpoint') return state;
  const subject = action.instance;
  return journal(state, { type: 'intent', operation: subject, action: RELEASE_HOLDER, subject });
};

/** Every way in which one action may turn out. */
const outcomes = (goal: Goal, before: SpaceState, action: Action): Successor[] => {
  const name = labelOf(action);
  if (action.kind === 'wait') return [{ label: 'wait', free: true, state: pass(goal, before, 1) }];
  const step = stepOf(action);
  const state = intended(before, action);
  const effect = effectOf(goal, state, action);
  if (effect === undefined) return [{ label: `${name}: refused`, free: true, state: stepFailed(state, step) }];
  const done: Successor = { label: name, free: true, state: effect.tell(effect.state) };
  if (isAtomic(action) || state.faultsLeft === 0) return [done];
  const fault = (what: string, next: SpaceState): Successor => ({
    label: `${name}: ${what}`,
    free: false,
    state: next,
  });
  const ways = [
    done,
    fault('failed before anything was done', stepFailed(state, step)),
    fault('done, but the answer was lost', stepFailed(effect.state, step)),
    fault('done, and the driver died of it', anotherDriver(effect.state)),
  ];
  if (action.kind === 'launch' || action.kind === 'launch-holder') {
    for (const sound of ['sick', 'stranger'] as const) {
      const bad = effectOf(goal, state, action, sound);
      if (bad !== undefined) ways.push(fault(`it is ${sound}`, bad.tell(bad.state)));
    }
  }
  if (action.kind === 'activate') {
    const { service, instance, token } = action;
    const late = [...state.late, { service, instance, token }];
    ways.push(fault('stalled on its way', stepFailed({ ...state, late }, step)));
  }
  if (action.kind === 'prove' && action.tell) {
    const { token } = recordOf(state, action.service);
    const heard = changeInstance(state, action.instance, { phase: 'standby', floor: token });
    ways.push(fault('it heard, but its death was not seen', stepFailed(heard, step)));
  }
  return ways;
};

const answersTo = (state: SpaceState): Successor[] => {
  const { question } = state.facts;
  if (question === undefined) return [];
  return question.answers.map(({ answer }) => {
    let next = state;
    // A person who says that it is dead has seen it; one who says "retry" has mended the cause.
    if (answer === 'confirmed-dead')
      for (const one of state.instances)
        if (question.id === `prove/${one.id}`) next = changeInstance(next, one.id, { alive: false, contact: 'clear' });
    if (answer === 'retry') next = mended(next);
    const at = nowOf(next);
    const told = journal(next, { type: 'operator.answered', at, question: question.id, answer, by: 'a person' });
    return { label: `answer ${answer} to ${question.id}`, free: true, state: told };
  });
};

/** What stalled on its way arrives, after whatever else has happened: the floor decides. */
const arrivals = (state: SpaceState): Successor[] =>
  state.late.map((call, at) => {
    const one = byId(state, call.instance);
    const hears = one?.alive === true && one.contact === 'clear' && call.token > one.floor;
    const next = { ...state, late: state.late.filter((_, other) => other !== at) };
    const after = hears
      ? changeInstance(trade(next, call.service, true), call.instance, { phase: 'active', floor: call.token })
      : next;
    return { label: `a late activate of ${call.instance} arrives`, free: true, state: after };
  });

const latched = (goal: Goal, state: SpaceState, service: string): SpaceState => {
  const latch = { setAt: 0, by: 'a person', reason: 'an emergency' };
  const next = changeRecord(state, goal.scope, service, { kind: 'latch', latch });
  const instances = next.instances.map((one) =>
    one.service === service && one.contact !== 'unreachable' ? { ...one, alive: false } : one,
  );
  return { ...next, instances };
};

const instanceFaults = (state: SpaceState): Successor[] =>
  state.instances.flatMap((one) => {
    if (!one.alive) return [];
    const becomes = (what: string, change: Partial<SpaceInstance>): Successor => ({
      label: `${one.service} ${one.id} ${what}`,
      free: false,
      state: changeInstance(state, one.id, change),
    });
    const ways = one.contact === 'unreachable' ? [] : [becomes('dies', { alive: false })];
    if (one.contact === 'clear')
      ways.push(becomes('hangs', { contact: 'mute' }), becomes('cannot be reached', { contact: 'unreachable' }));
    return ways;
  });

/** What people ask for while a goal is open. */
const requests = (goal: Goal, state: SpaceState): Successor[] => {
  const { facts } = state;
  const at = nowOf(state);
  const said = (label: string, next: SpaceState): Successor => ({ label, free: false, state: next });
  const ways: Successor[] = [];
  if (facts.failed === undefined && goal.kind !== 'stop')
    ways.push(said('abort', journal(state, { type: 'operator.aborted', at, by: 'a person', reason: 'asked' })));
  if (!facts.promoted && facts.failed === undefined && goal.kind !== 'stop')
    ways.push(said('promote', journal(state, { type: 'operator.promoted', by: 'a person' })));
  if (!facts.stopping) ways.push(said('stop', journal(state, { type: 'operator.stopped', by: 'a person' })));
  for (const [service, record] of state.batons)
    if (record.latch === null) ways.push(said(`emergency stop of ${service}`, latched(goal, state, service)));
  return ways;
};

const OUTAGES: readonly Outage[] = ['target', 'gateway', 'venue', 'routes'];

const faults = (goal: Goal, state: SpaceState): Successor[] => {
  const fault = (label: string, next: SpaceState): Successor => ({ label, free: false, state: next });
  const outages = OUTAGES.filter((outage) => !state.out.has(outage) && (outage !== 'venue' || asksVenue(goal))).map(
    (outage) => fault(`the ${outage} does not answer`, { ...state, out: new Set([...state.out, outage]) }),
  );
  return [
    fault('the driver dies', anotherDriver(state)),
    fault('a pause longer than every deadline', pass(goal, state, PAUSE_TICKS)),
    ...outages,
    ...instanceFaults(state),
    ...requests(goal, state),
  ];
};

const asksVenue = (goal: Goal): boolean =>
  goal.moves.some(({ from, to }) => (to ?? from)?.pinned.spec.singleton?.reconcile === 'venue');

/** Every way on from a state; none from an end, but for what still was on its way. */
export const successors = (goal: Goal, state: SpaceState): readonly Successor[] => {
  const arriving = arrivals(state);
  if (state.closed !== undefined) return arriving;
  const answering = answersTo(state);
  const { action } = decide(goal, see(state));
  // While a question stands the goal waits; any other step past it would be a guess.
  const going =
    answering.length > 0 && action.kind === 'wait'
      ? answering
      : [...outcomes(goal, state, action), ...answering].map((way) =>
          answering.length > 0 && !MAY_PASS_A_QUESTION.has(action.kind)
            ? { ...way, state: breaks(way.state, `${action.kind} was done while a person is asked`) }
            : way,
        );
  const ways = [...going, ...arriving];
  if (state.faultsLeft === 0) return ways;
  const spent = (way: Successor): Successor =>
    way.free ? way : { ...way, state: { ...way.state, faultsLeft: state.faultsLeft - 1 } };
  return [...ways, ...faults(goal, state)].map(spent);
};

/** The emergency stop goes over every question, and so does the end that it brings. */
const MAY_PASS_A_QUESTION: ReadonlySet<Action['kind']> = new Set<Action['kind']>(['prove', 'close']);
