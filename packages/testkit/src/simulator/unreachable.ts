import { CALL_FAULTS, type FaultKind } from './faults.ts';
import { PHASES, type Phase } from './phases.ts';

interface Rule {
  readonly faults: readonly FaultKind[];
  /** Where they can strike; everywhere else they cannot. */
  readonly only: readonly Phase[];
  readonly reason: string;
}

/** Every phase but these. */
const except = (...left: readonly Phase[]): readonly Phase[] => PHASES.filter((phase) => !left.includes(phase));

const RULES: readonly Rule[] = [
  {
    faults: ['command-killed'],
    only: ['emergency'],
    reason: 'only an emergency stop runs as a command of its own',
  },
  {
    faults: CALL_FAULTS.venue,
    only: ['reconcile', 'emergency'],
    reason: 'the venue is asked when batons are reconciled, and to cancel in an emergency stop',
  },
  {
    faults: ['store-fails-before', 'store-fails-after', 'store-full', 'store-conflict'],
    only: except('standing', 'bake', 'going-back'),
    reason: 'a driver that only watches writes nothing but now and then a checkpoint or how long the bake was healthy',
  },
  {
    faults: ['store-conflict'],
    only: except('standing', 'starting', 'bake', 'going-back'),
    reason: 'a driver that starts takes its lock, which is no record that another writes',
  },
  {
    faults: ['target-fails-before', 'target-answer-lost'],
    only: ['gate', 'quiesce', 'settle', 'prove', 'grant', 'retire', 'emergency'],
    reason: 'the target is only looked at, and a look that fails is target-blind',
  },
  {
    faults: ['death-unconfirmed'],
    only: ['quiesce', 'prove', 'retire', 'emergency'],
    reason: 'nothing is ended in this phase',
  },
  {
    faults: ['call-answer-lost', 'call-repeated', 'call-reordered'],
    only: ['quiesce', 'settle', 'prove', 'grant'],
    reason: 'an instance is only looked at in this phase, and a look that is lost is call-lost',
  },
  {
    faults: ['call-lost', 'call-late'],
    only: except('starting', 'hold', 'reconcile', 'emergency'),
    reason: 'no instance speaks the contract, or none is asked, while the baton is on its way',
  },
  {
    faults: ['gateway-answer-lost', 'gateway-call-repeated'],
    only: ['hold', 'route', 'retire'],
    reason: 'the gateway is only looked at in this phase, and a look that is lost is gateway-call-lost',
  },
  {
    faults: ['gateway-call-lost', 'gateway-call-late', 'health-flaps', 'health-late'],
    only: except('emergency'),
    reason: 'an emergency stop asks neither the gateway nor a health endpoint',
  },
  {
    faults: ['holder-crashed'],
    only: except('reconcile', 'emergency'),
    reason: 'nobody holds between the proof and the grant',
  },
  {
    faults: ['standby-crashed'],
    only: except('standing', 'retire', 'emergency'),
    reason: 'a standby does not outlive its deployment',
  },
];

/** Why a fault does not strike in a phase, but for what an operator asks for in the middle of it; undefined where it does. */
export const whyUnreachable = (fault: FaultKind, phase: Phase): string | undefined => {
  if (
    phase === 'emergency' &&
    !(Object.values(CALL_FAULTS) as (readonly FaultKind[])[]).some((kinds) => kinds.includes(fault)) &&
    fault !== 'command-killed'
  )
    return 'a daemon is struck in phases of its own';
  return RULES.find(({ faults, only }) => faults.includes(fault) && !only.includes(phase))?.reason;
};
