/** One way to compile a model, and what Spin must say of it. */
export interface Configuration {
  /** The model's file beside this one, without its ending. */
  readonly model: 'handover' | 'lease';
  /** What is taken away, or added, by `-D`. */
  readonly defines: readonly string[];
  /** What it shows, in a sentence. */
  readonly shows: string;
  /** The assertion that must break; none where all of it must hold. */
  readonly breaks?: string;
  /** Tens of seconds: by command alone (`node test/model/main.ts --full`). */
  readonly slow?: true;
}

const ALONE = 'only one acts';
const LATE = 'no order below the highest granted';
const LATCHED = 'nothing acts after STOPPED';
const ROUTED = 'routes stay as the goal ended';
const ENDS = 'the goal ends';

/** Words for what the models demand, by how Spin prints it where it is broken. */
export const ASSERTIONS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/alive\[0\]/, ALONE],
  [/wire\[\w+\]\s*>=\s*granted/, LATE],
  [/stopped/, LATCHED],
  [/routeSent/, ROUTED],
  [/^acceptance cycle$/, ENDS],
];

export const MUST_PASS: readonly Configuration[] = [
  {
    model: 'handover',
    defines: ['ABORT'],
    shows: 'warm: two drivers, every pause and crash, calls lost, late and repeated, an abort at any moment',
  },
  {
    model: 'handover',
    defines: ['COLD', 'ABORT'],
    shows: 'cold: whoever is granted is started, and acts from its first instruction',
  },
  {
    model: 'handover',
    defines: ['COLD', 'ROUTES'],
    shows: 'the gateway: a driver that is over moves no route back',
  },
  {
    model: 'handover',
    defines: ['COLD', 'LATCH'],
    shows: 'cold, with an emergency stop at any moment',
  },
  {
    model: 'handover',
    defines: ['LATCH'],
    shows: 'warm, with an emergency stop at any moment',
    slow: true,
  },
  {
    model: 'handover',
    defines: ['COLD', 'LATCH', 'ABORT'],
    shows: 'cold, with an emergency stop and an abort at any moment',
    slow: true,
  },
  {
    model: 'handover',
    defines: ['PROGRESS'],
    shows: 'termination: the goal ends, whatever is lost, late or dies, as long as everybody who can go on does',
  },
  {
    model: 'lease',
    defines: [],
    shows: 'lease only: safe where pause and delay fit into the margin',
  },
  {
    model: 'lease',
    defines: ['UNBOUNDED_PAUSE', 'GATEWAY_TOLD', 'MARGIN=0'],
    shows: 'a fence that is told before the grant: no pause is too long, and no margin is needed',
  },
];

/** Each takes one rule away. What is not found here is a rule that the model does not need, or cannot see. */
export const MUST_FAIL: readonly Configuration[] = [
  {
    model: 'lease',
    defines: ['UNBOUNDED_PAUSE'],
    shows: 'lease only: an owner that is paused for long wakes up and sends',
    breaks: LATE,
  },
  { model: 'lease', defines: ['MARGIN=0'], shows: 'a lease without a margin', breaks: LATE },
  { model: 'lease', defines: ['MARGIN=1'], shows: 'a margin of one tick less than pause and delay', breaks: LATE },
  {
    model: 'lease',
    defines: ['UNBOUNDED_PAUSE', 'GATEWAY_HIGHEST_SEEN_ONLY'],
    shows: 'a fence that knows only the highest token it has seen',
    breaks: LATE,
  },
  {
    model: 'handover',
    defines: ['NO_REVOKE_BEFORE_PROOF'],
    shows: 'a proof by word without a revoke: a grant that was on its way arrives after it',
    breaks: LATE,
  },
  {
    model: 'handover',
    defines: ['NO_FLOOR'],
    shows: 'an instance that does not refuse tokens below its floor',
    breaks: LATE,
  },
  {
    model: 'handover',
    defines: ['NO_NONCE'],
    shows: 'calls for whoever has the port: an old activation reaches a fresh start',
    breaks: LATE,
  },
  {
    model: 'handover',
    defines: ['GRANT_BEFORE_DEATH'],
    shows: 'a grant after the kill was sent, before death is confirmed',
    breaks: ALONE,
  },
  {
    model: 'handover',
    defines: ['NO_LANDING'],
    shows: 'no wait for what the dead has sent: it lands after the grant',
    breaks: LATE,
  },
  {
    model: 'handover',
    defines: ['COLD', 'ABORT', 'NO_TOMBSTONE'],
    shows: 'a proof that a nonce was never started, without using the nonce up',
    breaks: ALONE,
  },
  {
    model: 'handover',
    defines: ['COLD', 'LATCH', 'NO_TOMBSTONE'],
    shows: 'the same under an emergency stop: a start that was on its way comes after STOPPED',
    breaks: LATCHED,
  },
  {
    model: 'handover',
    defines: ['PROGRESS', 'NO_VERDICT'],
    shows: 'a way back that is not journaled: forward and back for ever',
    breaks: ENDS,
  },
  {
    model: 'handover',
    defines: ['COLD', 'ROUTES', 'NO_GATEWAY_EPOCH'],
    shows: 'a gateway that obeys a driver that is over',
    breaks: ROUTED,
  },
];

/**
 * Rules whose loss alone breaks no promise here, since tokens, nonces and compare-and-swap bear it: a second line
 * of defence. Said, so that nobody takes them for what the proof stands on.
 */
export const SECOND_LINE: readonly Configuration[] = [
  {
    model: 'handover',
    defines: ['NO_EPOCH_CHECK'],
    shows: 'instances that obey a driver that is over: their floor and nonce are enough',
  },
  {
    model: 'handover',
    defines: ['COLD', 'LATCH', 'NO_REREAD'],
    shows: 'no second look at the record after an activation: a used-up nonce and the kill are enough',
    slow: true,
  },
  {
    model: 'handover',
    defines: ['NO_STORE_FENCE'],
    shows: 'a store that checks no epoch: compare-and-swap on the record is enough',
    slow: true,
  },
];
