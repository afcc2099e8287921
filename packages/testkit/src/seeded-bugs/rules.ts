/**
 * The rules of the protocol, each in its own words. FROZEN together with the list of seeded bugs: written before
 * any check was looked at.
 */
export const RULES = {
  'account-is-the-key':
    'Key: the declared broker account, not app or environment: two deployments with the same key are two traders otherwise.',
  'compare-and-swap': 'Every change is a compare-and-swap.',
  'tokens-never-reused': 'Tokens are never reused, the row is never deleted.',
  fence: 'Every write of a driver is fenced by its lock; a driver that was replaced writes nothing more.',
  'traffic-flows-while-settling':
    'Quiesce with traffic still flowing; services call peers of their own slot, never a held route.',
  settle: 'Settle by the declared policy. inFlight: 0 is part of the answer. Unknown is never flat.',
  checkpoint: 'Checkpoint, recorded before the revoke; routes of the singleton are held from here.',
  revoke: 'Revoke: one compare-and-swap: no holder, token + 1. From now on nobody may act.',
  floor: 'Deactivate raises the floor. Only after its floor rose does "reports standby" mean anything.',
  'cannot-send': 'Proof, first half. It cannot send: fenced, revoked at the broker, or dead.',
  'has-landed': "Proof, second half. What it sent has landed: it said inFlight: 0, else wait the venue's maxInFlight.",
  reconcile: 'Reconcile with the venue, after the proof: exposure read twice, unknown client ids block the grant.',
  'grant-once': 'A grant activates one nonce once. Every re-activation, after a restart too, is a new grant.',
  adopt: 'A difference to the venue means deactivate and needs-operator.',
  're-read': 'Activate, then re-read the record: if it moved (a latch), kill what was activated.',
  'held-go-on': 'Routes move, held requests go on.',
  nonce: 'Calls carry the nonce of the process start they are meant for.',
  secret: 'Calls carry a secret that only Baton and that instance know.',
  'immutable-ids': 'Effects name immutable ids (pid + start time), never names.',
  epoch: 'Instances and gateway refuse a driver epoch lower than one they have seen.',
  death: 'Death means: the cgroup is empty; else no process is left that carries the nonce (a weaker proof, said so).',
  'one-unit': 'Several singletons in one app move as one unit: revoke and prove all before any is granted.',
  'checkpoint-is-told':
    'Checkpoints are passed with takenAt and stale; one that its predecessor could not read back needs --irreversible.',
  cold: 'Cold programs start only after the grant, never beside the holder.',
  latch: 'Emergency stop is one compare-and-swap: latch, no holder, token + 1. While it is set nothing acts.',
  'latch-kills-all': 'Then kill every instance (standbys too).',
  'latched-until-dead': 'It says LATCHED until death is confirmed, and only then STOPPED.',
  'either-latches': 'A pre-allocated latch file beside the store; either one latches.',
  arm: 'arm clears the latch and activates nothing by itself.',
  'observed-not-remembered': 'Observed is never remembered. Unknown is never good news.',
  'intent-first': 'An intent is journaled before its effect; the journal is one chain.',
  absorbing: 'Verdicts are absorbing: a failed gate stays failed; a phase goes back only once.',
  bake: 'The bake is accumulated time observed healthy.',
  confirmation: 'Confirmations are bound to the question asked.',
  termination: 'Within a generation every action lowers (phases left, attempts left).',
  flapping: 'The gate has a journaled deadline; time is elapsed time, whatever the wall clock says.',
  'no-rollback-of-a-rollback': 'Rollback of a rollback: there is none. If going back fails too: needs-operator.',
  'old-release-kept': 'The old release exists until the bake ends.',
  'unknown-outcome': 'Effects that cannot be read back (hooks): an unknown outcome is not taken for none.',
  'one-open-goal': 'One open goal for an environment, by compare-and-swap.',
  'stop-preempts': 'Stop preempts between steps; past the revoke it runs to the proof and never grants.',
  takeover: "Takeover of a driver: confirm the old driver's death, or wait its lease; each takeover bumps the token.",
  'hold-bound': 'The gateway itself releases at the bound.',
} as const;

export type RuleName = keyof typeof RULES;

/** Rules of the protocol that no code keeps yet, so that there is nothing to undo. */
export const NOT_BUILT: readonly string[] = [
  'A restored store opens latched, and its next token is the highest of all that ever were.',
  'Preflight refuses one account recorded in two stores.',
  'Revoked credentials and the order gateway as proofs.',
  'Migrations: expand before launch, contract after the bake.',
  'Artefacts of both releases are checked before the revoke.',
  'ECS: pairs of services, the agent, hooks and barriers.',
];
