import type { SeededBug } from './seeded-bug.ts';

const HANDOVER = 'packages/core/src/decide/handover.ts';
const FACTS = 'packages/core/src/journal/facts.ts';
const DECIDE = 'packages/core/src/decide/decide.ts';
const DRIVE = 'packages/core/src/engine/drive.ts';

/** The world, the goal and how it ends. FROZEN: changed only where the code that is patched moves. */
export const GOAL_BUGS: readonly SeededBug[] = [
  {
    name: 'observed-is-remembered',
    what: 'a driver decides on what it once saw',
    rule: 'observed-not-remembered',
    edits: [
      {
        file: DRIVE,
        find: 'if (!fresh || clock.monotonicMs() - lookedMs > MAX_UNLOOKED_MS) {',
        replace: 'if (!fresh) {',
      },
      { file: DRIVE, find: 'fresh = ANSWERING.has(action.kind);', replace: 'fresh = true;' },
    ],
  },
  {
    name: 'unknown-counts-as-nothing',
    what: 'a target that does not answer has no instances',
    rule: 'observed-not-remembered',
    edits: [
      {
        file: 'packages/core/src/engine/look.ts',
        find: '    session.instances = seen;\n    return;',
        replace: '    session.instances = { known: true, value: [] };\n    return;',
      },
    ],
  },
  {
    name: 'verdict-not-absorbing',
    what: 'another try forgets that the release had failed',
    rule: 'absorbing',
    edits: [
      {
        file: FACTS,
        find: 'retriedAt: event.at ?? facts.retriedAt,',
        replace: 'failed: undefined, failedAt: undefined, retriedAt: event.at ?? facts.retriedAt,',
      },
    ],
  },
  {
    name: 'bake-counts-unobserved-time',
    what: 'time in which nobody looked counts as healthy',
    rule: 'bake',
    edits: [{ file: DRIVE, find: 'if (since <= MAX_UNSEEN_MS && isBakingWell(', replace: 'if (isBakingWell(' }],
  },
  {
    name: 'bake-counts-sick-time',
    what: 'time in which the new release was not healthy counts as healthy',
    rule: 'bake',
    edits: [
      {
        file: DRIVE,
        find: 'if (since <= MAX_UNSEEN_MS && isBakingWell(goal, worldOf(session)))',
        replace: 'if (since <= MAX_UNSEEN_MS)',
      },
    ],
  },
  {
    name: 'answer-to-another-question',
    what: 'a person who vouched for one death is taken to have vouched for another',
    rule: 'confirmation',
    edits: [
      {
        file: HANDOVER,
        find: 'const answer = subject.world.facts.answers.get(proofQuestion(subject, last).id);',
        replace:
          "const answer = [...subject.world.facts.answers.values()].find((given) => given.answer === 'confirmed-dead');",
      },
    ],
  },
  {
    name: 'retry-without-bound',
    what: 'a step that fails is tried for ever',
    rule: 'termination',
    edits: [
      {
        file: HANDOVER,
        find: 'return failure.count >= (LIMITS[step] ?? DEFAULT_LIMIT) || FOR_A_PERSON.has(failure.code);',
        replace: 'return FOR_A_PERSON.has(failure.code);',
      },
      { file: HANDOVER, find: "(failuresOf(subject, 'deactivate')?.count ?? 0) < 1", replace: 'true' },
    ],
  },
  {
    name: 'gate-without-a-deadline',
    what: 'a layer that stays out of bounds keeps the gate open for ever',
    rule: 'flapping',
    edits: [
      {
        file: 'packages/core/src/decide/gate.ts',
        find: 'if (waiting.length > 0 && began !== undefined && elapsedMs(began, world.now) > limit) {',
        replace: 'if (waiting.length > 0 && began === undefined && limit < 0) {',
      },
    ],
  },
  {
    name: 'wall-clock-for-deadlines',
    what: 'elapsed time is what the wall clock says',
    rule: 'flapping',
    edits: [
      {
        file: 'packages/core/src/moment.ts',
        find: 'start.boot === now.boot ? now.monotonicMs - start.monotonicMs : now.wallMs - start.wallMs',
        replace: 'now.wallMs - start.wallMs',
      },
    ],
  },
  {
    name: 'way-back-without-end',
    what: 'a way back that fails is tried for ever, and nobody is asked',
    rule: 'no-rollback-of-a-rollback',
    edits: [
      {
        file: 'packages/core/src/decide/back.ts',
        find: 'if (lost !== undefined || (late && !unheard)) {',
        replace: 'if (late && lost === null) {',
      },
    ],
  },
  {
    name: 'old-release-removed-before-the-bake-ends',
    what: 'the old release is retired as soon as traffic has moved',
    rule: 'old-release-kept',
    edits: [
      {
        file: 'packages/core/src/decide/forward.ts',
        find: '    bake(goal, world) ??\n    (passedBake ? retire(',
        replace: '    (passedBake || world.facts.switchedAt.forward !== undefined ? retire(',
      },
      {
        file: 'packages/core/src/decide/forward.ts',
        find: ' : undefined) ??\n    committed(goal, world)',
        replace: ' : undefined) ??\n    bake(goal, world) ??\n    committed(goal, world)',
      },
    ],
  },
  {
    name: 'hook-outcome-forgotten',
    what: 'a holder that its own hook may have silenced is taken to act as before',
    rule: 'unknown-outcome',
    edits: [
      {
        file: HANDOVER,
        find: "if ((move?.from ?? move?.to)?.pinned.spec.singleton?.stop !== 'exec') return false;",
        replace: "if (move === undefined || instance !== '') return false;",
      },
    ],
  },
  {
    name: 'two-goals-open',
    what: 'a second deployment takes the place of one that is open',
    rule: 'one-open-goal',
    edits: [
      {
        file: 'packages/daemon/src/environment/opening.ts',
        find: '{ key: environmentRecordKey(goal.scope), expectedVersion: version, value: next as unknown as Json },',
        replace:
          '{ key: environmentRecordKey(goal.scope), expectedVersion: (await store.get(environmentRecordKey(goal.scope)))?.version ?? version, value: next as unknown as Json },',
      },
    ],
  },
  {
    name: 'stop-does-not-preempt',
    what: 'a stop that overtakes a deployment is not seen by it',
    rule: 'stop-preempts',
    edits: [
      {
        file: DECIDE,
        find: "if (goal.kind === 'stop' || world.facts.stopping)",
        replace: "if (goal.kind === 'stop')",
      },
    ],
  },
];
