/** Where in a deployment a fault can strike: the driver's steps, and its waits by what they wait for. */
export const STEPS = [
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
export type Step = (typeof STEPS)[number];

/** Steps that are one for a fault: a decision and its write, a proof however it comes about, an activation warm or cold. */
const STEP_OF: Readonly<Record<string, Step>> = {
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

/** The step that a fault strikes, of an action that is no wait. */
export const stepOfAction = (action: string): Step => STEP_OF[action] ?? (action as Step);

/** The phases of a deployment, as coverage counts them: in each of them the same things are at stake. */
export const PHASES = [
  'standing',
  'starting',
  'gate',
  'quiesce',
  'settle',
  'hold',
  'prove',
  'reconcile',
  'grant',
  'route',
  'bake',
  'going-back',
  'retire',
  'asking',
  'emergency',
] as const;
export type Phase = (typeof PHASES)[number];

const PHASE_OF: Readonly<Partial<Record<Step, Phase>>> = {
  launch: 'gate',
  checkpoint: 'settle',
  // From the hold to the revoke nobody is served, and the holder still holds.
  revoke: 'hold',
  // From the grant to the activation somebody may act, and nobody has been told.
  activate: 'grant',
  close: 'retire',
};

export const phaseOf = (step: Step): Phase => PHASE_OF[step] ?? (step as Phase);
