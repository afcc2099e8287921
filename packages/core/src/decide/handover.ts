import { type Proof, provenInstance } from '../baton/change.ts';
import type { Holder } from '../baton/record.ts';
import type { Goal, Move, Side } from '../goal/goal.ts';
import { type Direction, directionOf, type Question, type StepFailure } from '../journal/index.ts';
import { elapsedMs } from '../moment.ts';
import { type Action, type Decision, decision } from './action.ts';
import { exitEvidence } from './gate.ts';
import { at, byId, gateMs, isCold, isReady, livingAt, singletonMoves } from './lookup.ts';
import { ask, RETRY, STAY_DOWN, wait } from './question.ts';
import type { BatonView, InstanceView, World } from './world.ts';

/** The order of PROTOCOL's handover; the unit as a whole stands at its slowest singleton's step. */
const STEPS = [
  'quiesce',
  'settle',
  'checkpoint',
  'hold',
  'revoke',
  'deactivate',
  'prove',
  'reconcile',
  'grant',
  'launch-holder',
  'activate',
] as const;
export type HandoverStep = (typeof STEPS)[number] | 'record-proof';

/** One singleton's next step; `done` when the wanted instance acts under the record's token. */
interface Need {
  readonly service: string;
  /** `starting` holds nobody else up, `wait` holds up the whole unit. */
  readonly step: HandoverStep | 'done' | 'starting' | 'wait' | 'failed' | 'ask';
  readonly action?: Action;
  readonly question?: Question;
  readonly reason: string;
}

interface Subject {
  readonly goal: Goal;
  readonly world: World;
  readonly service: string;
  readonly baton: BatonView;
  readonly wanted: Side | null;
  readonly direction: Direction;
}

/** How long at most between two looks at a holder that comes up. */
const STARTING_MS = 20;

/** How often a step may fail before something else has to be decided. */
const LIMITS: Readonly<Record<string, number>> = { settle: 1, checkpoint: 1, 'launch-holder': 1, reconcile: 10 };
const DEFAULT_LIMIT = 2;
/** What no second try changes: somebody else trades the account, and only a person can say what that means. */
const FOR_A_PERSON: ReadonlySet<string> = new Set(['foreign-order']);

export const stepKey = (service: string, step: string): string => `handover/${service}/${step}`;
const failuresOf = (subject: Subject, step: string): StepFailure | undefined =>
  subject.world.facts.failures.get(`${subject.direction}/${stepKey(subject.service, step)}`);
const exhausted = (subject: Subject, step: string): boolean => {
  const failure = failuresOf(subject, step);
  if (failure === undefined) return false;
  return failure.count >= (LIMITS[step] ?? DEFAULT_LIMIT) || FOR_A_PERSON.has(failure.code);
};

const need = (subject: Subject, step: Need['step'], reason: string, action?: Action): Need =>
  action === undefined
    ? { service: subject.service, step, reason }
    : { service: subject.service, step, reason, action };

const sideOf = (subject: Subject, holder: Holder): Side | undefined => {
  const move = subject.goal.moves.find((candidate) => candidate.service === subject.service);
  return (
    [move?.to, move?.from].find((side) => side?.slot === holder.slot && side.release === holder.release) ?? undefined
  );
};
const contractOf = (subject: Subject, holder: Holder): 'http' | 'signal' | 'exec' =>
  sideOf(subject, holder)?.pinned.spec.singleton?.stop ?? 'signal';
const speaks = (side: Side): boolean =>
  side.pinned.spec.singleton?.stop === 'http' || side.pinned.spec.singleton?.start === 'warm';

const isStopping = (subject: Subject): boolean => subject.goal.kind === 'stop' || subject.world.facts.stopping;

/** A release that broke after it was activated is not asked to settle: it is killed, and the venue is asked. */
const isBad = (subject: Subject, holder: Holder): boolean => {
  if (subject.direction === 'forward' || subject.world.facts.failed?.check === 'abort') return false;
  const broken = subject.goal.moves.find((move) => move.service === subject.service)?.to;
  return broken?.slot === holder.slot && broken.release === holder.release;
};

/**
 * A holder whose own hook made it fall silent, or may have: no call makes it act again, and none says whether
 * it would. Only a fresh start of its release acts. What was started under this goal was never told.
 */
export const isHushed = (goal: Goal, world: World, service: string, instance: string): boolean => {
  const move = goal.moves.find((candidate) => candidate.service === service);
  if ((move?.from ?? move?.to)?.pinned.spec.singleton?.stop !== 'exec') return false;
  // The intent says it too: a driver may have died between the hook and the entry that it ran.
  if (world.facts.hooks.has(`quiesce/${instance}`) || world.facts.releasing.has(instance)) return true;
  return !world.facts.launched.has(instance) && world.facts.failures.has(`forward/${stepKey(service, 'quiesce')}`);
};

const phaseOf = (view: InstanceView): string =>
  view.lifecycle?.known === true ? view.lifecycle.value.phase : 'unknown';

/** A forward way that cannot be gone is a verdict; on the way back the holder counts as broken. */
const orBroken = (subject: Subject, step: HandoverStep, otherwise: Need): Need =>
  exhausted(subject, step) && subject.direction === 'forward' && !isStopping(subject)
    ? need(subject, 'failed', `${step} failed: ${failuresOf(subject, step)?.message}`)
    : otherwise;

const releaseHolder = (subject: Subject, holder: Holder, view: InstanceView): Need => {
  const { service, baton } = subject;
  const instance = holder.instance;
  const contract = contractOf(subject, holder);
  const singleton = sideOf(subject, holder)?.pinned.spec.singleton;
  const skip = (step: HandoverStep): boolean => exhausted(subject, step);
  const hooked = (hook: string): boolean => subject.world.facts.hooks.has(`${hook}/${instance}`);
  const phase =
    contract === 'exec' ? (hooked('settle') ? 'settled' : hooked('quiesce') ? 'quiesced' : 'active') : phaseOf(view);
  const quiesce = need(subject, 'quiesce', 'the holder opens nothing new', { kind: 'quiesce', service, instance });
  // Its stop is its end: requests wait before it, not after.
  if (contract === 'signal')
    return skip('quiesce') ? revoke(subject) : (holding(subject) ?? orBroken(subject, 'quiesce', quiesce));
  if (phase === 'standby') return revoke(subject);
  if ((phase === 'active' || phase === 'unknown') && !skip('quiesce')) return quiesce;
  if (exhausted(subject, 'quiesce')) return orBroken(subject, 'quiesce', revoke(subject));
  if (phase === 'quiesced' && !skip('settle') && (singleton?.settle !== undefined || contract === 'exec')) {
    return need(subject, 'settle', `open orders and positions: ${singleton?.settle ?? 'by its own hook'}`, {
      kind: 'settle',
      service,
      instance,
    });
  }
  if (exhausted(subject, 'settle')) {
    const failed = orBroken(subject, 'settle', revoke(subject));
    if (failed.step === 'failed') return failed;
  }
  if (baton.evidence.checkpoint?.from !== instance && !skip('checkpoint')) {
    return need(subject, 'checkpoint', 'its state must survive', { kind: 'checkpoint', service, instance });
  }
  return orBroken(subject, 'checkpoint', revoke(subject));
};

const hasRoutes = (subject: Subject): boolean => {
  const move = subject.goal.moves.find((candidate) => candidate.service === subject.service);
  const spec = (move?.to ?? move?.from)?.pinned.spec;
  return spec !== undefined && (spec.routes.length > 0 || spec.ports.some((port) => port.published !== undefined));
};

/** The hold that is still missing; undefined where its requests wait, or need not. */
const holding = (subject: Subject): Need | undefined => {
  if (!hasRoutes(subject) || subject.baton.evidence.held === true) return undefined;
  const hold = need(subject, 'hold', 'its requests wait from here on', { kind: 'hold', services: [subject.service] });
  if (!exhausted(subject, 'hold')) return hold;
  // On the way back, or down, nobody trading is worse than requests that are not held.
  const broken = orBroken(subject, 'hold', hold);
  return broken.step === 'failed' ? broken : undefined;
};

const revoke = (subject: Subject): Need =>
  holding(subject) ??
  need(subject, 'revoke', 'from now on nobody may act', { kind: 'revoke', services: [subject.service] });

/** As a clause, for a message. */
const how = (view: InstanceView | undefined): string => (view === undefined ? '' : `: ${exitEvidence(view)}`);

/** Unknown waits, then it is a verdict, or a person's to decide. */
const unobservable = (subject: Subject, holder: Holder): Need => {
  const { facts, now } = subject.world;
  const since = facts.retriedAt ?? facts.failedAt ?? facts.gateBeganAt.forward ?? facts.openedAt;
  const waited = since === undefined ? 0 : elapsedMs(since, now);
  if (waited <= subject.goal.strategy.rollbackTimeoutMs) return need(subject, 'wait', 'the holder cannot be observed');
  if (subject.direction === 'forward' && !isStopping(subject))
    return need(subject, 'failed', 'the holder cannot be observed, so it cannot be handed over');
  const text = `${subject.service} (instance ${holder.instance.slice(0, 8)}) cannot be observed: whether it acts is not known.`;
  const question = { id: `observe/${holder.instance}`, text, answers: [RETRY, STAY_DOWN] };
  return { ...need(subject, 'ask', 'unknown is never good news'), question };
};

/** The account is another environment's: nothing of it is ours to take. */
const heldElsewhere = (subject: Subject, last: Holder): Need => {
  const { service, wanted } = subject;
  const reason = `its account is traded by ${last.service} of ${last.scope}`;
  if (wanted === null) return need(subject, 'done', reason);
  if (subject.direction === 'forward' && !isStopping(subject)) return need(subject, 'failed', reason);
  const question = {
    id: `elsewhere/${service}/${last.scope}`,
    text: `${service} cannot act: ${reason}.`,
    answers: [RETRY, STAY_DOWN],
  };
  return { ...need(subject, 'ask', reason), question };
};

const withHolder = (subject: Subject, holder: Holder): Need => {
  const { world, wanted, service } = subject;
  const view = byId(world, holder.instance);
  const dead = view === undefined ? world.facts.launched.has(holder.instance) : view.state === 'dead';
  const onWanted = wanted !== null && wanted.slot === holder.slot && wanted.release === holder.release;
  if (!onWanted) {
    if (view === undefined || dead || isBad(subject, holder)) return revoke(subject);
    if (view.state === 'unknown') return unobservable(subject, holder);
    return releaseHolder(subject, holder, view);
  }
  if (dead) {
    if (subject.direction === 'forward' && !isStopping(subject)) {
      return need(subject, 'failed', `the new holder ended before it acted${how(view)}`);
    }
    return revoke(subject);
  }
  if (view === undefined) {
    // A grant starts one nonce once: one that an earlier goal granted has been here, and is not any more.
    if (!world.facts.granted.has(holder.instance)) return revoke(subject);
    const action = {
      kind: 'launch-holder',
      service,
      side: wanted,
      instance: holder.instance,
      token: subject.baton.record.token,
    } as const;
    return orBroken(
      subject,
      'launch-holder',
      need(subject, 'launch-holder', 'a cold singleton starts only when it may act', action),
    );
  }
  return activation(subject, wanted, view);
};

/** A cold program was started a moment ago and does not answer yet; a warm one passed its gate before the grant. */
const isComingUp = ({ goal, world }: Subject, wanted: Side, view: InstanceView): boolean => {
  const launchedAt = world.facts.launched.get(view.instance);
  if (!isCold(wanted) || view.lifecycle?.known === true || launchedAt === undefined) return false;
  return elapsedMs(launchedAt, world.now) <= gateMs(wanted.pinned.spec, goal.strategy.gateTimeoutMs);
};

const activation = (subject: Subject, wanted: Side, view: InstanceView): Need => {
  const { record } = subject.baton;
  if (isHushed(subject.goal, subject.world, subject.service, view.instance)) return revoke(subject);
  if (!speaks(wanted)) return need(subject, 'done', 'it runs, and a cold program acts from its start');
  const phase = phaseOf(view);
  const floor = view.lifecycle?.known === true ? view.lifecycle.value.token : -1;
  if (phase === 'active' && floor === record.token) return need(subject, 'done', 'it acts under the granted token');
  // A grant activates one nonce once: whatever had been quiesced needs a grant of its own.
  if (phase === 'quiesced' || phase === 'settled') return revoke(subject);
  if (isComingUp(subject, wanted, view)) return need(subject, 'starting', 'it was granted the baton and comes up');
  const action = { kind: 'activate', service: subject.service, instance: view.instance, token: record.token } as const;
  if (exhausted(subject, 'activate') && subject.direction === 'back') return revoke(subject);
  return orBroken(subject, 'activate', need(subject, 'activate', 'it holds the baton and waits', action));
};

const proofOf = (subject: Subject, last: Holder, next: InstanceView | undefined): Proof | undefined => {
  const { evidence, record } = subject.baton;
  const answer = subject.world.facts.answers.get(proofQuestion(subject, last).id);
  if (answer?.answer === 'confirmed-dead') {
    return { kind: 'operator', instance: last.instance, by: answer.by, question: proofQuestion(subject, last).id };
  }
  if (evidence.proof !== undefined && provenInstance(evidence.proof) === last.instance) return evidence.proof;
  const state = next?.instance === last.instance && next.lifecycle?.known === true ? next.lifecycle.value : undefined;
  const hushed = isHushed(subject.goal, subject.world, subject.service, last.instance);
  if (state?.phase === 'standby' && state.token >= record.token && !hushed) {
    return { kind: 'same-instance', instance: last.instance, floor: state.token };
  }
  return undefined;
};

const proofQuestion = (subject: Subject, last: Holder) => ({
  id: `prove/${last.instance}`,
  text: `Is ${subject.service} (release ${last.release}, ${last.slot}, instance ${last.instance.slice(0, 8)}) really dead? Its death could not be confirmed.`,
  answers: [
    { answer: 'confirmed-dead', meaning: 'you have seen for yourself that it does not run and cannot come back' },
    { answer: 'retry', meaning: 'try again to confirm it' },
    STAY_DOWN,
  ],
});

const provePast = (subject: Subject, last: Holder, next: InstanceView | undefined): Need | undefined => {
  const { world, baton, service } = subject;
  const view = byId(world, last.instance);
  const hushed = isHushed(subject.goal, world, service, last.instance);
  const state = view?.lifecycle?.known === true ? view.lifecycle.value : undefined;
  const lowered = state?.phase === 'standby' && state.token >= baton.record.token;
  const answers =
    view !== undefined && view.state !== 'dead' && view.lifecycle !== undefined && !isBad(subject, last) && !hushed;
  const isNext = next?.instance === last.instance;
  if (isNext && answers && !lowered && (failuresOf(subject, 'deactivate')?.count ?? 0) < 1) {
    const action = { kind: 'deactivate', service, instance: last.instance, token: baton.record.token } as const;
    return need(subject, 'deactivate', 'its floor rises above every token it was ever given', action);
  }
  if (proofOf(subject, last, next) !== undefined) return undefined;
  const tell = answers && !lowered;
  const action = { kind: 'prove', service, instance: last.instance, tell } as const;
  return need(subject, 'prove', 'only a proof lets another act', action);
};

/** Of several that could be granted, one that is known to be well. */
const standbyOf = (world: World, service: string, side: Side): InstanceView | undefined => {
  const living = livingAt(world, service, side);
  return living.find((view) => isReady(view, side.pinned.spec)) ?? living[0];
};

const withoutHolder = (subject: Subject): Need => {
  const { world, service, baton, wanted } = subject;
  const { record, evidence } = baton;
  const next = wanted === null || isCold(wanted) ? undefined : standbyOf(world, service, wanted);
  if (record.unproven !== null) {
    const open = provePast(subject, record.unproven, next);
    if (open !== undefined) return open;
  }
  // Of a first release that failed there is no other side: what it left open is asked for all the same.
  const move = subject.goal.moves.find((candidate) => candidate.service === service);
  const reconciling = (wanted ?? move?.from ?? move?.to)?.pinned.spec.singleton?.reconcile;
  if (
    reconciling === 'venue' &&
    evidence.reconciled?.token !== record.token &&
    (wanted !== null || record.unproven !== null)
  ) {
    return need(subject, 'reconcile', 'the venue knows what is open', { kind: 'reconcile', service });
  }
  if (wanted === null) {
    return record.unproven === null
      ? need(subject, 'done', 'nobody holds it')
      : need(subject, 'record-proof', 'nobody holds it, and that is proven', { kind: 'record-proof', service });
  }
  if (!isCold(wanted) && next === undefined) {
    // Every standby was up when the gate was passed: one that is not there any more has ended, before a retry or after.
    const ended = at(world, service, wanted).findLast(({ instance }) => world.facts.launched.has(instance));
    return subject.direction === 'forward'
      ? need(
          subject,
          'failed',
          `the standby ended before it was granted the baton${ended === undefined ? '' : how(ended)}`,
        )
      : need(subject, 'wait', 'no standby is up yet');
  }
  const grants = [{ service, side: wanted, instance: next?.instance ?? ('fresh' as const) }];
  const grant = need(subject, 'grant', 'the last holder is proven unable to act', { kind: 'grant', grants });
  return orBroken(subject, 'grant', grant);
};

const needOf = (subject: Subject): Need => {
  const { holder, unproven } = subject.baton.record;
  const last = holder ?? unproven;
  if (last !== null && last.scope !== subject.goal.scope) return heldElsewhere(subject, last);
  return holder === null ? withoutHolder(subject) : withHolder(subject, holder);
};

/** Proof that the last holder of this service's baton cannot act, from what is known now. */
export const proofFor = (goal: Goal, world: World, service: string): Proof | undefined => {
  const baton = world.batons[service];
  const direction = directionOf(world.facts);
  if (baton?.record.unproven == null) return undefined;
  const move = goal.moves.find((candidate) => candidate.service === service);
  // A stop that overtook this goal takes down what it does not move, too.
  const wanted = move === undefined || world.facts.stopping ? null : direction === 'forward' ? move.to : move.from;
  const subject = { goal, world, service, baton, wanted, direction };
  return proofOf(subject, baton.record.unproven, wanted === null ? undefined : standbyOf(world, service, wanted));
};

const operatorNeeded = (subject: Subject, step: HandoverStep): Decision | undefined => {
  const { world, baton } = subject;
  if (step === 'prove' && exhausted(subject, 'prove') && baton.record.unproven !== null) {
    const question = proofQuestion(subject, baton.record.unproven);
    return ask(world, question, 'unknown is never good news');
  }
  // On the way back whoever did not activate was revoked: granted again without end, it would never end.
  const spent = step === 'grant' && subject.direction === 'back' && exhausted(subject, 'activate') ? 'activate' : step;
  if (!['reconcile', 'grant', 'activate', 'launch-holder'].includes(step) || !exhausted(subject, spent))
    return undefined;
  if (subject.direction === 'forward' && step !== 'reconcile') return undefined;
  const question = {
    id: `${spent}/${subject.service}/${baton.record.token}`,
    text: `${subject.service}: ${spent} failed: ${failuresOf(subject, spent)?.message}. Nobody is trading.`,
    answers: [RETRY, STAY_DOWN],
  };
  return ask(world, question, 'it cannot be decided from here');
};

const rank = (step: HandoverStep): number => (step === 'record-proof' ? STEPS.indexOf('grant') : STEPS.indexOf(step));

const merge = (needs: readonly Need[], step: HandoverStep): Action | undefined => {
  const actions = needs.map((one) => one.action).filter((action) => action !== undefined);
  // Held together, revoked together and granted together: one transaction for all, so that none is left between.
  if (step === 'hold' || step === 'revoke') return { kind: step, services: needs.map((one) => one.service) };
  if (step === 'grant')
    return { kind: 'grant', grants: actions.flatMap((action) => (action.kind === 'grant' ? action.grants : [])) };
  return actions[0];
};

const FORWARD_VERDICT = (service: string, evidence: string): Action => ({
  kind: 'verdict',
  verdict: { check: 'handover', passed: false, violations: [{ layer: 'handover', service, instance: '', evidence }] },
});

/**
 * The next step of handing every moving singleton to the side that is wanted, as one unit; undefined when
 * each of them acts there. Derived from the baton records and what is observed, so that any driver can go on.
 */
export const handover = (goal: Goal, world: World, wantedOf: (move: Move) => Side | null): Decision | undefined => {
  const direction = directionOf(world.facts);
  const subjects: Subject[] = [];
  for (const move of singletonMoves(goal)) {
    const baton = world.batons[move.service];
    if (baton === undefined) return wait(`the baton of ${move.service} cannot be read`, 250);
    subjects.push({ goal, world, service: move.service, baton, wanted: wantedOf(move), direction });
  }
  const open = subjects
    .map((subject) => ({ subject, need: needOf(subject) }))
    .filter(({ need: one }) => one.step !== 'done');
  const failed = open.find(({ need: one }) => one.step === 'failed');
  if (failed !== undefined)
    return decision(FORWARD_VERDICT(failed.need.service, failed.need.reason), failed.need.reason);
  const asking = open.find(({ need: one }) => one.question !== undefined)?.need;
  if (asking?.question !== undefined) return ask(world, asking.question, asking.reason);
  const stuck = open.find(({ need: one }) => one.step === 'wait');
  if (stuck !== undefined) return wait(`${stuck.need.service}: ${stuck.need.reason}`, 100);
  const steps = open.flatMap(({ subject, need: one }) =>
    one.step === 'wait' || one.step === 'starting' || one.step === 'ask' || one.step === 'failed' || one.step === 'done'
      ? []
      : [{ subject, need: one, step: one.step }],
  );
  const first = steps.toSorted((a, b) => rank(a.step) - rank(b.step))[0];
  if (first === undefined) {
    const starting = open.find(({ need: one }) => one.step === 'starting')?.need;
    return starting === undefined ? undefined : wait(`${starting.service}: ${starting.reason}`, STARTING_MS);
  }
  const together = steps.filter(({ step }) => step === first.step);
  for (const { subject, step } of together) {
    const question = operatorNeeded(subject, step);
    if (question !== undefined) return question;
  }
  // Dependents fall silent before what they depend on; what they depend on acts first.
  const silencing = rank(first.step) < rank('revoke');
  const ordered = (silencing ? together.toReversed() : together).map(({ need: one }) => one);
  const action = merge(ordered, first.step);
  return action === undefined ? undefined : decision(action, `${ordered[0]?.service}: ${ordered[0]?.reason}`);
};
