import type { SeededBug } from './seeded-bug.ts';

const CHANGE = 'packages/core/src/baton/change.ts';
const RECORD = 'packages/core/src/baton/record.ts';
const SESSION = 'packages/core/src/engine/session.ts';
const TRANSACT = 'packages/store-sqlite/src/transact.ts';
const LOCKS = 'packages/store-sqlite/src/locks.ts';

/** The record, its tokens and whoever may write it. FROZEN: changed only where the code that is patched moves. */
export const RECORD_BUGS: readonly SeededBug[] = [
  {
    name: 'key-by-environment',
    what: 'the baton of an account is kept apart for each environment that declares it',
    rule: 'account-is-the-key',
    edits: [{ file: RECORD, find: 'account === undefined ?', replace: 'account !== null ?' }],
  },
  {
    name: 'compare-without-swap',
    what: 'the store writes a record whatever its version',
    rule: 'compare-and-swap',
    edits: [{ file: TRANSACT, find: '(actual?.version ?? 0) !== expectedVersion', replace: 'false' }],
  },
  {
    name: 'reuse-a-token',
    what: 'a grant is given under the token of the revoke before it',
    rule: 'tokens-never-reused',
    edits: [
      {
        file: CHANGE,
        find: 'token: record.token + 1, holder: change.holder',
        replace: 'token: record.token, holder: change.holder',
      },
    ],
  },
  {
    name: 'delete-the-baton-row',
    what: 'a baton that nobody holds any more begins again from nothing',
    rule: 'tokens-never-reused',
    edits: [
      {
        file: CHANGE,
        find: 'problem === undefined ? accept({ ...at, unproven: null })',
        replace: 'problem === undefined ? accept({ ...at, token: 0, checkpoint: null, unproven: null })',
      },
    ],
  },
  {
    name: 'skip-the-fence',
    what: 'a driver writes without showing its lock',
    rule: 'fence',
    edits: [
      {
        file: SESSION,
        find: 'store.transact({ writes, append, fence })',
        replace: 'store.transact({ writes, append })',
      },
    ],
  },
  {
    name: 'resume-with-a-stale-fencing-token',
    what: 'the store takes the write of a driver that was replaced',
    rule: 'fence',
    edits: [
      {
        file: TRANSACT,
        find: '!held || fencingToken !== fence.fencingToken',
        replace: 'fencingToken < fence.fencingToken',
      },
    ],
  },
  {
    name: 'revoke-keeps-the-token',
    what: 'a revoke raises no token',
    rule: 'revoke',
    edits: [
      {
        file: CHANGE,
        find: 'token: at.token + 1,\n        holder: null,\n        unproven: at.holder,',
        replace: 'token: at.token,\n        holder: null,\n        unproven: at.holder,',
      },
    ],
  },
  {
    name: 'revoke-forgets-the-last-holder',
    what: 'after a revoke nobody is left to be proven',
    rule: 'cannot-send',
    edits: [{ file: CHANGE, find: 'unproven: at.holder,\n', replace: 'unproven: null,\n' }],
  },
  {
    name: 'checkpoint-of-another',
    what: 'the state of whoever does not hold the baton is taken',
    rule: 'checkpoint-is-told',
    edits: [
      { file: CHANGE, find: "if (at.holder?.instance !== change.from) return refuse('not-the-holder');", replace: '' },
      {
        file: 'packages/core/src/engine/actions/granting.ts',
        find: 'taken?.checkpoint !== undefined && taken.from === held?.instance',
        replace: 'taken?.checkpoint !== undefined',
      },
      {
        file: 'packages/core/src/decide/handover.ts',
        find: 'baton.evidence.checkpoint?.from !== instance &&',
        replace: 'baton.evidence.checkpoint === undefined &&',
      },
    ],
  },
  {
    name: 'takeover-keeps-the-token',
    what: 'whoever takes a lock over has the fencing token of whoever lost it',
    rule: 'takeover',
    edits: [
      {
        file: LOCKS,
        find: 'fencing_token = locks.fencing_token + 1,',
        replace: 'fencing_token = locks.fencing_token,',
      },
    ],
  },
  {
    name: 'takeover-without-waiting',
    what: 'a lock is taken from a driver whose time has not ended',
    rule: 'takeover',
    edits: [
      {
        file: LOCKS,
        find: 'WHERE locks.held = 0 OR locks.expires_at <= ?5',
        replace: 'WHERE locks.held = 0 OR ?5 IS NOT NULL',
      },
    ],
  },
  {
    name: 'chain-without-links',
    what: 'an entry of the journal does not name the one before it',
    rule: 'intent-first',
    edits: [
      {
        file: 'packages/core/src/chain.ts',
        find: 'previousHash: head.hash, hash:',
        replace: 'previousHash: GENESIS_HASH, hash:',
      },
    ],
  },
];
