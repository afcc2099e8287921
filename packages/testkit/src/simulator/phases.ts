/** Where in a deployment a fault can strike: the driver's step, and its waits by what they wait for. */
export const PHASES = [
  'standing',
  'starting',
  'gate',
  'launch',
  'quiesce',
  'settle',
  'checkpoint',
  'hold',
  'revoke',
  'prove',
  'reconcile',
  'grant',
  'activate',
  'route',
  'bake',
  'going-back',
  'retire',
  'asking',
  'close',
  'emergency',
] as const;
export type Phase = (typeof PHASES)[number];

/** Steps that are one phase: a decision and its write, a proof however it comes about, an activation warm or cold. */
const PHASE_OF_STEP: Readonly<Record<string, Phase>> = {
  start: 'starting',
  trouble: 'starting',
  'begin-gate': 'gate',
  verdict: 'gate',
  smoke: 'gate',
  deactivate: 'prove',
  'record-proof': 'prove',
  'launch-holder': 'activate',
  ask: 'asking',
};

/** The phase of a step that is no wait. */
export const phaseOfStep = (step: string): Phase => PHASE_OF_STEP[step] ?? (step as Phase);
