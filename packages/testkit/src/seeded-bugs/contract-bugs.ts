import type { SeededBug } from './seeded-bug.ts';

const STATE = 'packages/sdk/src/lifecycle-state.ts';
const CONTROL = 'packages/gateway/src/control/control-plane.ts';

/** What instances, the gateway and the target keep on their own side. FROZEN: changed only where the code that is patched moves. */
export const CONTRACT_BUGS: readonly SeededBug[] = [
  {
    name: 'floor-not-raised',
    what: 'a deactivated instance keeps its old floor',
    rule: 'floor',
    edits: [
      {
        file: STATE,
        find: "record: { ...seen, phase: 'standby', held: undefined },",
        replace: "record: { ...seen, floor: record.floor, phase: 'standby', held: undefined },",
      },
    ],
  },
  {
    name: 'floor-not-checked',
    what: 'an instance takes a call under a token below its floor',
    rule: 'floor',
    edits: [
      { file: STATE, find: "if (command.token < record.floor) return refuse('stale-token');", replace: '' },
      { file: STATE, find: "if (token <= record.floor) return refuse('stale-token');", replace: '' },
    ],
  },
  {
    name: 'nonce-not-checked',
    what: 'an instance takes a call that is meant for another start',
    rule: 'nonce',
    edits: [
      {
        file: STATE,
        find: "if (command.instance !== instance || instance === '') return refuse('wrong-instance');",
        replace: '',
      },
    ],
  },
  {
    name: 'secret-not-checked',
    what: 'anybody on the host may call',
    rule: 'secret',
    edits: [
      {
        file: 'packages/sdk/src/lifecycle-routes.ts',
        find: "return (header) => timingSafeEqual(expected, digestOf(header ?? ''));",
        replace: 'return (header) => header !== undefined || expected.length > 0;',
      },
    ],
  },
  {
    name: 'pid-without-start-time',
    what: 'a process is known by its pid alone',
    rule: 'immutable-ids',
    edits: [
      {
        file: 'packages/target-process/src/proc/process-identity.ts',
        find: 'if (stat === undefined || stat.startTime !== identity.startTime) return false;',
        replace: 'if (stat === undefined) return false;',
      },
    ],
  },
  {
    name: 'epoch-not-checked-by-the-instance',
    what: 'an instance takes the call of a driver that was replaced',
    rule: 'epoch',
    edits: [{ file: STATE, find: "if (command.epoch < record.epoch) return refuse('stale-epoch');", replace: '' }],
  },
  {
    name: 'epoch-not-checked-by-the-gateway',
    what: 'the gateway takes the routes of a driver that was replaced',
    rule: 'epoch',
    edits: [{ file: CONTROL, find: 'if (epoch < seen) {', replace: 'if (epoch < 0) {' }],
  },
  {
    name: 'death-of-the-leader',
    what: 'an instance is dead when its main process is, whatever that left behind',
    rule: 'death',
    edits: [
      {
        file: 'packages/target-process/src/confinement/nonce-confinement.ts',
        find: 'for (const identity of processesWithNonce(this.#instance)) this.#known.set(identity.pid, identity);',
        replace: '',
      },
      {
        file: 'packages/target-process/src/confinement/cgroup-confinement.ts',
        find: 'if (!this.#isEmpty()) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'weak-proof-taken-as-strong',
    what: 'what cannot be told of by a nonce is said to be past its last instruction',
    rule: 'death',
    edits: [
      {
        file: 'packages/target-process/src/confinement/nonce-confinement.ts',
        find: 'readonly weak = true;',
        replace: 'readonly weak = false;',
      },
      {
        file: 'packages/target-process/src/confinement/nonce-confinement.ts',
        find: 'isPastReturn(): boolean {\n    return false;',
        replace: 'isPastReturn(): boolean {\n    return true;',
      },
    ],
  },
  {
    name: 'forget-to-release-held-requests',
    what: 'the routes move, and what was held stays held',
    rule: 'held-go-on',
    edits: [
      {
        file: 'packages/core/src/engine/actions/switching.ts',
        find: 'ports.traffic.release(goal.scope, mandate.epoch, action.release, config)',
        replace: 'ports.traffic.release(goal.scope, mandate.epoch, [], config)',
      },
    ],
  },
  {
    name: 'hold-without-a-bound',
    what: 'the gateway holds until somebody releases',
    rule: 'hold-bound',
    edits: [
      {
        file: 'packages/gateway/src/hold/hold.ts',
        find: 'setTimeout(onExpired, remainingMs)',
        replace: 'setTimeout(() => undefined, remainingMs)',
      },
    ],
  },
];
