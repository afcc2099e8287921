import type { Moment } from '../moment.ts';
import type { Direction, GoalEvent, Question, Verdict } from './events.ts';

/** How often a step failed, and how it failed last. */
export interface StepFailure {
  readonly count: number;
  readonly code: string;
  readonly message: string;
}

/** What cannot be observed about the open goal: the fold of its journal. */
export interface Facts {
  readonly openedAt: Moment | undefined;
  readonly gateBeganAt: Partial<Record<Direction, Moment>>;
  /** Passed checks of the forward way. */
  readonly passed: ReadonlySet<Verdict['check']>;
  /** The verdict that turned the goal back; absorbing. */
  readonly failed: Verdict | undefined;
  readonly failedAt: Moment | undefined;
  readonly switchedAt: Partial<Record<Direction, Moment>>;
  /** Failures of a step, by `direction/step`. */
  readonly failures: ReadonlyMap<string, StepFailure>;
  /** Instances that were launched under this goal, and when. */
  readonly launched: ReadonlyMap<string, Moment>;
  /** Instances whose launch was intended under this goal: a driver that died of it could not write that it came about. */
  readonly launching: ReadonlySet<string>;
  /** Instances that were granted a baton under this goal. */
  readonly granted: ReadonlySet<string>;
  readonly bakeHealthyMs: number;
  /** `service@slot` that were drained and stopped. */
  readonly retired: ReadonlySet<string>;
  readonly promoted: boolean;
  /** A stop overtook this goal: what it moves goes down, and nothing of it is granted any more. */
  readonly stopping: boolean;
  readonly question: Question | undefined;
  /** Answers by question id. */
  readonly answers: ReadonlyMap<string, { readonly answer: string; readonly by: string }>;
  /** When a person last asked for another try: deadlines count from there. */
  readonly retriedAt: Moment | undefined;
  /** Instances that were launched before it: they use up no try any more. */
  readonly forgiven: ReadonlySet<string>;
  /** What the venue showed open of a service after its last holder was proven dead and nobody was granted its baton. */
  readonly leftOpen: ReadonlyMap<string, { readonly orders: number; readonly positions: number }>;
  /** Hooks that ran to their end, by `hook/instance`. */
  readonly hooks: ReadonlySet<string>;
  /** Holders whose way out was begun: a driver that died of it could not write down how far they came. */
  readonly releasing: ReadonlySet<string>;
}

export const noFacts: Facts = {
  openedAt: undefined,
  gateBeganAt: {},
  passed: new Set(),
  failed: undefined,
  failedAt: undefined,
  switchedAt: {},
  failures: new Map(),
  launched: new Map(),
  launching: new Set(),
  granted: new Set(),
  bakeHealthyMs: 0,
  retired: new Set(),
  promoted: false,
  stopping: false,
  question: undefined,
  answers: new Map(),
  retriedAt: undefined,
  forgiven: new Set(),
  leftOpen: new Map(),
  hooks: new Set(),
  releasing: new Set(),
};

/** The direction follows from the journal alone: a goal that failed once only ever goes back. */
export const directionOf = (facts: Facts): Direction => (facts.failed === undefined ? 'forward' : 'back');

const failing = (facts: Facts, verdict: Verdict, at: Moment): Facts => {
  // "return" judges the way back itself; it never turns a goal a second time.
  if (verdict.passed) return { ...facts, passed: new Set([...facts.passed, verdict.check]) };
  if (verdict.check === 'return' || facts.failed !== undefined) return facts;
  return { ...facts, failed: verdict, failedAt: at };
};

/** The intent under which a holder is told to end: quiesce, settle and checkpoint. */
export const RELEASE_HOLDER = 'release-holder';
/** The intent under which an instance is started. */
export const LAUNCH = 'launch';

/** Adds one journal entry; unknown to it is what a resume does not need. */
export const foldFact = (facts: Facts, event: GoalEvent): Facts => {
  switch (event.type) {
    case 'goal.opened':
      return { ...noFacts, openedAt: event.at };
    case 'gate.began':
      return { ...facts, gateBeganAt: { ...facts.gateBeganAt, [event.direction]: event.at } };
    case 'verdict':
      return failing(facts, event.verdict, event.at);
    case 'step.failed': {
      const key = `${event.direction}/${event.step}`;
      const count = (facts.failures.get(key)?.count ?? 0) + 1;
      const failure = { count, code: event.code, message: event.message };
      return { ...facts, failures: new Map([...facts.failures, [key, failure]]) };
    }
    case 'instance.launched':
      return { ...facts, launched: new Map([...facts.launched, [event.instance, event.at]]) };
    case 'baton.granted':
      return { ...facts, granted: new Set([...facts.granted, event.to]) };
    case 'baton.proven':
      if (event.open === undefined) return facts;
      return { ...facts, leftOpen: new Map([...facts.leftOpen, [event.service, event.open]]) };
    case 'traffic.switched':
      return { ...facts, switchedAt: { ...facts.switchedAt, [event.direction]: event.at } };
    case 'bake.progressed':
      return { ...facts, bakeHealthyMs: event.healthyMs };
    case 'slot.retired':
      return { ...facts, retired: new Set([...facts.retired, `${event.service}@${event.slot}`]) };
    case 'operator.promoted':
      return { ...facts, promoted: true };
    case 'operator.stopped':
      return { ...facts, stopping: true, question: undefined };
    case 'operator.asked':
      return { ...facts, question: event.question };
    case 'operator.answered':
      return {
        ...facts,
        question: facts.question?.id === event.question ? undefined : facts.question,
        // "retry" is no standing answer: the step gets its attempts back, and asks again when they are used up.
        answers:
          event.answer === 'retry'
            ? facts.answers
            : new Map([...facts.answers, [event.question, { answer: event.answer, by: event.by }]]),
        failures: new Map(),
        ...(event.answer === 'retry'
          ? {
              retriedAt: event.at ?? facts.retriedAt,
              forgiven: new Set([...facts.launched.keys(), ...facts.launching]),
            }
          : {}),
      };
    case 'operator.aborted': {
      // Too late once the bake has passed: the old release is being retired, and going back is a deployment.
      if (facts.passed.has('bake')) return facts;
      const evidence = `aborted by ${event.by}: ${event.reason}`;
      const violations = [{ layer: 'operator' as const, service: '', instance: '', evidence }];
      return failing(facts, { check: 'abort', passed: false, violations }, event.at);
    }
    case 'intent':
      if (event.action === LAUNCH) return { ...facts, launching: new Set([...facts.launching, event.subject]) };
      if (event.action !== RELEASE_HOLDER) return facts;
      return { ...facts, releasing: new Set([...facts.releasing, event.subject]) };
    case 'hook.ran':
      return { ...facts, hooks: new Set([...facts.hooks, `${event.hook}/${event.instance}`]) };
    default:
      return facts;
  }
};

export const foldFacts = (events: Iterable<GoalEvent>): Facts => {
  let facts = noFacts;
  for (const event of events) facts = foldFact(facts, event);
  return facts;
};
