import { CONTRACT_BUGS } from './contract-bugs.ts';
import { GOAL_BUGS } from './goal-bugs.ts';
import { HANDOVER_BUGS } from './handover-bugs.ts';
import { LATCH_BUGS } from './latch-bugs.ts';
import { RECORD_BUGS } from './record-bugs.ts';
import type { SeededBug } from './seeded-bug.ts';

export { patched } from './patched.ts';
export { NOT_BUILT, RULES, type RuleName } from './rules.ts';
export type { Edit, SeededBug } from './seeded-bug.ts';

/**
 * Every deliberate fault. FROZEN: written down before any check was looked at. An entry is changed only where the code
 * that it patches moves, and never because a check does not see it.
 */
export const SEEDED_BUGS: readonly SeededBug[] = [
  ...RECORD_BUGS,
  ...HANDOVER_BUGS,
  ...CONTRACT_BUGS,
  ...LATCH_BUGS,
  ...GOAL_BUGS,
];

export const bugNamed = (name: string): SeededBug | undefined => SEEDED_BUGS.find((bug) => bug.name === name);
