import type { SeededBug } from './seeded-bug.ts';

const CHANGE = 'packages/core/src/baton/change.ts';
const EMERGENCY = 'packages/core/src/engine/emergency.ts';
const DECIDE = 'packages/core/src/decide/decide.ts';

/** The emergency stop. FROZEN: changed only where the code that is patched moves. */
export const LATCH_BUGS: readonly SeededBug[] = [
  {
    name: 'latch-ignored-by-decide',
    what: 'a deployment goes on under the latch',
    rule: 'latch',
    edits: [
      {
        file: DECIDE,
        find: "if (latched !== undefined && goal.kind !== 'stop') {",
        replace: "if (latched !== undefined && goal.kind === 'stop') {",
      },
    ],
  },
  {
    name: 'latch-ignored-by-grant',
    what: 'a baton is granted under the latch',
    rule: 'latch',
    edits: [
      { file: CHANGE, find: "if (record.latch !== null) return refuse('latched');", replace: '' },
      {
        file: DECIDE,
        find: "if (latched !== undefined && goal.kind !== 'stop') {",
        replace: "if (latched !== undefined && goal.kind === 'stop') {",
      },
    ],
  },
  {
    name: 'latch-keeps-the-holder',
    what: 'an emergency stop leaves the baton with its holder',
    rule: 'latch',
    edits: [
      {
        file: CHANGE,
        find: 'holder: null,\n        unproven: at.holder ?? at.unproven,',
        replace: 'unproven: at.holder ?? at.unproven,',
      },
    ],
  },
  {
    name: 'standbys-are-spared',
    what: 'an emergency stop kills the holder alone',
    rule: 'latch-kills-all',
    edits: [{ file: EMERGENCY, find: '[...acting, ...named].filter', replace: '[...named].filter' }],
  },
  {
    name: 'stopped-without-proof',
    what: 'an emergency stop says STOPPED where a death is not confirmed',
    rule: 'latched-until-dead',
    edits: [
      { file: EMERGENCY, find: 'confirmed: stopped.every((one) => one.proof !== null),', replace: 'confirmed: true,' },
    ],
  },
  {
    name: 'count-unknown-as-stopped',
    what: 'a target that does not answer has nothing running',
    rule: 'latched-until-dead',
    edits: [
      {
        file: EMERGENCY,
        find: 'if (!seen.known) return { killed: [...killed.values()], blind: seen.reason };',
        replace: '',
      },
    ],
  },
  {
    name: 'latch-file-ignored',
    what: 'only the latch in the store counts',
    rule: 'either-latches',
    edits: [
      {
        file: 'packages/core/src/engine/session.ts',
        find: 'const latch = record.latch ?? this.ports.latchOf(this.goal.scope);',
        replace: 'const latch = record.latch;',
      },
    ],
  },
  {
    name: 'arm-gives-it-back',
    what: 'clearing the latch gives the baton back to whoever had it',
    rule: 'arm',
    edits: [
      {
        file: CHANGE,
        find: 'return accept({ ...at, latch: null });',
        replace: 'return accept({ ...at, latch: null, holder: at.holder ?? at.unproven, unproven: null });',
      },
    ],
  },
];
