import type { SeededBug } from './seeded-bug.ts';

const CHANGE = 'packages/core/src/baton/change.ts';
const HANDOVER = 'packages/core/src/decide/handover.ts';
const GRANTING = 'packages/core/src/engine/actions/granting.ts';
const LAUNCHING = 'packages/core/src/engine/actions/launching.ts';
const RELEASING = 'packages/core/src/engine/actions/releasing.ts';

/** The handover's order and its proofs. FROZEN: changed only where the code that is patched moves. */
export const HANDOVER_BUGS: readonly SeededBug[] = [
  {
    name: 'peers-of-the-other-slot',
    what: 'an instance finds the peers that clients reach, not those of its own slot',
    rule: 'traffic-flows-while-settling',
    edits: [{ file: 'packages/core/src/decide/traffic.ts', find: 'if (own !== null) return own;', replace: '' }],
  },
  {
    name: 'never-settled',
    what: 'the holder is quiesced and never asked to settle',
    rule: 'settle',
    edits: [
      {
        file: HANDOVER,
        find: "if (phase === 'quiesced' && !skip('settle')",
        replace: "if (phase === 'never' && !skip('settle')",
      },
    ],
  },
  {
    name: 'trust-an-empty-exposure',
    what: 'what a holder does not know of its exposure counts as zero',
    rule: 'settle',
    edits: [
      {
        file: RELEASING,
        find: 'wanted.every((value) => value.known && value.value === 0)',
        replace: 'wanted.every((value) => !value.known || value.value === 0)',
      },
    ],
  },
  {
    name: 'checkpoint-not-recorded',
    what: 'the state that was taken is not written with the revoke',
    rule: 'checkpoint',
    edits: [
      {
        file: GRANTING,
        find: "return { service, change: last === undefined ? { kind: 'revoke' } : { kind: 'revoke', checkpoint: last } };",
        replace: "return { service, change: { kind: 'revoke' } };",
      },
    ],
  },
  {
    name: 'nothing-is-held',
    what: 'the routes of a singleton are not held while nobody serves them',
    rule: 'checkpoint',
    edits: [
      {
        file: HANDOVER,
        find: 'if (!hasRoutes(subject) || subject.baton.evidence.held === true) return undefined;',
        replace: 'if (subject !== undefined) return undefined;',
      },
    ],
  },
  {
    name: 'standby-without-a-floor',
    what: '"reports standby" is a proof before its floor rose',
    rule: 'floor',
    edits: [
      {
        file: HANDOVER,
        find: "state?.phase === 'standby' && state.token >= record.token && !hushed",
        replace: "state?.phase === 'standby' && !hushed",
      },
      {
        file: HANDOVER,
        find: "const lowered = state?.phase === 'standby' && state.token >= baton.record.token;",
        replace: "const lowered = state?.phase === 'standby';",
      },
      { file: CHANGE, find: ' && proof.floor >= record.token ?', replace: ' ?' },
    ],
  },
  {
    name: 'grant-before-confirmed-death',
    what: 'another is granted the baton while its last holder is not proven dead',
    rule: 'cannot-send',
    edits: [
      { file: HANDOVER, find: 'if (open !== undefined) return open;', replace: '' },
      { file: CHANGE, find: "if (change.proof === undefined) return refuse('last-holder-unproven');", replace: '' },
      {
        file: CHANGE,
        find: 'const problem = proves(change.proof, record, change.holder);',
        replace: 'const problem = undefined;',
      },
    ],
  },
  {
    name: 'proof-of-another',
    what: "a proof of somebody else's death lets another act",
    rule: 'cannot-send',
    edits: [
      {
        file: HANDOVER,
        find: 'evidence.proof !== undefined && provenInstance(evidence.proof) === last.instance',
        replace: 'evidence.proof !== undefined',
      },
      {
        file: CHANGE,
        find: "if (record.unproven === null || provenInstance(proof) !== record.unproven.instance) return 'proof-of-another';",
        replace: '',
      },
    ],
  },
  {
    name: 'unconfirmed-counts-as-dead',
    what: 'a kill whose outcome is not known counts as a death',
    rule: 'cannot-send',
    edits: [
      {
        file: GRANTING,
        find: "const death = await session.ports.target.kill(instance, DEATH_TIMEOUT_MS, 'cannot-act');",
        replace:
          "const death = await session.ports.target.kill(instance, DEATH_TIMEOUT_MS, 'cannot-act').catch(() => ({ instance, handle: instance, method: 'cgroup-empty', weak: false, note: '', at: 0 }));",
      },
    ],
  },
  {
    name: 'no-wait-for-landing',
    what: 'what the last holder sent is not waited for',
    rule: 'has-landed',
    edits: [
      {
        file: GRANTING,
        find: 'if (!nothing && !neverActed) await session.ports.clock.sleep(maxInFlightMs);',
        replace: '',
      },
    ],
  },
  {
    name: 'unknown-exposure-is-flat',
    what: 'a venue that does not answer has nothing open',
    rule: 'reconcile',
    edits: [
      {
        file: GRANTING,
        find: 'const first = await venue.exposure(account);\n  const second = await venue.exposure(account);',
        replace:
          'const flat = { known: true, value: { orders: [], positions: [] } } as const;\n  const asked = await venue.exposure(account);\n  const again = await venue.exposure(account);\n  const first = asked.known ? asked : flat;\n  const second = again.known ? again : flat;',
      },
    ],
  },
  {
    name: 'exposure-read-once',
    what: 'what is open is read once, and may still change',
    rule: 'reconcile',
    edits: [{ file: GRANTING, find: 'if (!sameExposure(first.value, second.value))', replace: 'if (false)' }],
  },
  {
    name: 'foreign-orders-ignored',
    what: 'orders of somebody else on the account block nothing',
    rule: 'reconcile',
    edits: [{ file: GRANTING, find: 'if (foreign !== undefined)', replace: 'if (false)' }],
  },
  {
    name: 'reconcile-before-the-proof',
    what: 'the venue is asked while the last holder may still send',
    rule: 'reconcile',
    edits: [
      {
        file: HANDOVER,
        find: '  if (record.unproven !== null) {\n    const open = provePast(subject, record.unproven, next);',
        replace:
          "  const asks = wanted?.pinned.spec.singleton?.reconcile === 'venue';\n  if (record.unproven !== null && (!asks || evidence.reconciled?.token === record.token)) {\n    const open = provePast(subject, record.unproven, next);",
      },
    ],
  },
  {
    name: 'activated-again-under-the-old-grant',
    what: 'a holder that had been quiesced begins again under the grant that it has',
    rule: 'grant-once',
    edits: [
      { file: HANDOVER, find: "if (phase === 'quiesced' || phase === 'settled') return revoke(subject);", replace: '' },
      {
        file: 'packages/sdk/src/lifecycle-state.ts',
        find: "if (token <= record.floor) return refuse('stale-token');",
        replace: "if (token < record.floor) return refuse('stale-token');",
      },
      {
        file: 'packages/sdk/src/lifecycle-state.ts',
        find: "      : refuse('wrong-phase');\n  }\n  // The floor itself",
        replace:
          "      : { accepted: true, record: { ...seen, phase: 'active' }, repeat: false };\n  }\n  // The floor itself",
      },
    ],
  },
  {
    name: 'started-again-under-the-old-grant',
    what: 'a holder that is gone is started again under the nonce that it was granted',
    rule: 'grant-once',
    edits: [
      { file: HANDOVER, find: 'if (!world.facts.granted.has(holder.instance)) return revoke(subject);', replace: '' },
      {
        file: HANDOVER,
        find: "const dead = view === undefined ? world.facts.launched.has(holder.instance) : view.state === 'dead';",
        replace: "const dead = view !== undefined && view.state === 'dead';",
      },
    ],
  },
  {
    name: 'adoption-difference-ignored',
    what: 'a new holder that took over something else than the venue shows goes on',
    rule: 'adopt',
    edits: [
      {
        file: GRANTING,
        find: 'if (adopted === undefined || reconciled === undefined) return;',
        replace: 'if (session !== undefined) return;',
      },
    ],
  },
  {
    name: 'record-not-read-again',
    what: 'a latch that is set during an activation is not seen',
    rule: 're-read',
    edits: [
      {
        file: GRANTING,
        find: 'if (record.latch !== null || record.token !== token || record.holder?.instance !== instance) {',
        replace: 'if (false) {',
      },
    ],
  },
  {
    name: 'cold-start-not-read-again',
    what: 'a latch that is set while a cold holder starts is not seen',
    rule: 're-read',
    edits: [
      {
        file: LAUNCHING,
        find: 'if (await mayStillAct(session, action)) return;\n  await session.ports.target.kill',
        replace: 'if (session !== undefined) return;\n  await session.ports.target.kill',
      },
    ],
  },
  {
    name: 'one-by-one',
    what: 'each of several singletons is handed over for itself',
    rule: 'one-unit',
    edits: [
      {
        file: HANDOVER,
        find: 'const first = steps.toSorted((a, b) => rank(a.step) - rank(b.step))[0];',
        replace: 'const first = steps[0];',
      },
    ],
  },
  {
    name: 'never-stale',
    what: 'an old state is passed as if it were the last',
    rule: 'checkpoint-is-told',
    edits: [
      {
        file: GRANTING,
        find: 'const stale = checkpoint !== null && session.savedAt.get(service) !== token - 1;',
        replace: 'const stale = false;',
      },
    ],
  },
  {
    name: 'cold-beside-the-holder',
    what: 'a cold singleton is launched before its grant, beside the holder',
    rule: 'cold',
    edits: [
      {
        file: 'packages/core/src/decide/launch.ts',
        find: "if (spec.role === 'singleton') return isCold(side) ? 0 : 1;",
        replace: "if (spec.role === 'singleton') return 1;",
      },
    ],
  },
  {
    name: 'effect-before-intent',
    what: 'an instance is started before its start is journaled',
    rule: 'intent-first',
    edits: [
      { file: LAUNCHING, find: '  await session.intend(LAUNCH, instance);\n', replace: '' },
      {
        file: LAUNCHING,
        find: '  const { slot, release } = side;\n',
        replace: '  await session.intend(LAUNCH, instance);\n  const { slot, release } = side;\n',
      },
    ],
  },
];
