/** What the instance may do. `quiesced` opens nothing new, `settled` has nothing left to settle. */
export type LifecyclePhase = 'standby' | 'active' | 'quiesced' | 'settled';

/**
 * Everything that decides whether this process may act. Pure data: {@link transition} is the only way on.
 * Invariant: a singleton in `active` holds exactly the highest token that it has seen.
 */
export interface LifecycleRecord {
  readonly phase: LifecyclePhase;
  /** The floor: the highest token that was accepted. */
  readonly floor: number;
  /** The highest driver epoch that was accepted. */
  readonly epoch: number;
  /** The token under which it acts or last acted; none in standby. */
  readonly held: number | undefined;
  /** A replica always acts and takes no lifecycle commands. */
  readonly replica: boolean;
  /** The process is going down: it is never activated again. */
  readonly ending: boolean;
}

export type CommandKind = 'activate' | 'quiesce' | 'settle' | 'checkpoint' | 'deactivate';

export interface LifecycleCommand {
  readonly kind: CommandKind;
  /** The nonce of the process start for which the command is meant. */
  readonly instance: string;
  readonly token: number;
  /** Generation of the driver that sent it. */
  readonly epoch: number;
}

export type RefusalReason = 'wrong-instance' | 'stale-epoch' | 'stale-token' | 'wrong-phase';

export type Transition =
  | { readonly accepted: true; readonly record: LifecycleRecord; readonly repeat: boolean }
  | { readonly accepted: false; readonly reason: RefusalReason };

export type Beginning =
  | { readonly startAs: 'replica' | 'standby' | 'unmanaged' }
  | { readonly startAs: 'holder'; readonly token: number };

/** The record of a process that has just started. */
export function beginning(start: Beginning): LifecycleRecord {
  const record: LifecycleRecord = {
    phase: 'standby',
    floor: 0,
    epoch: 0,
    held: undefined,
    replica: false,
    ending: false,
  };
  if (start.startAs === 'replica') return { ...record, phase: 'active', replica: true };
  if (start.startAs === 'holder') return { ...record, phase: 'active', floor: start.token, held: start.token };
  return record;
}

/** May this process send an order now? Synchronous, so that nothing is sent after a quiesce. */
export const mayAct = (record: LifecycleRecord): boolean =>
  record.phase === 'active' && !record.ending && (record.replica || record.held === record.floor);

const refuse = (reason: RefusalReason): Transition => ({ accepted: false, reason });

/**
 * What becomes of the record on a command, and whether the command was done before (a repeat has no effect).
 * A refused command changes nothing.
 */
export function transition(record: LifecycleRecord, instance: string, command: LifecycleCommand): Transition {
  if (command.instance !== instance || instance === '') return refuse('wrong-instance');
  if (record.replica) return refuse('wrong-phase');
  if (command.epoch < record.epoch) return refuse('stale-epoch');
  if (command.token < record.floor) return refuse('stale-token');
  const seen: LifecycleRecord = { ...record, floor: command.token, epoch: command.epoch };
  switch (command.kind) {
    case 'activate':
      return activated(record, seen, command.token);
    case 'deactivate':
      return {
        accepted: true,
        record: { ...seen, phase: 'standby', held: undefined },
        repeat: record.phase === 'standby' && record.floor === command.token,
      };
    case 'quiesce':
    case 'settle':
      if (record.phase === 'standby') return refuse('wrong-phase');
      return { accepted: true, record: quiesced(seen), repeat: record.phase !== 'active' };
    case 'checkpoint':
      if (record.phase === 'standby') return refuse('wrong-phase');
      // A higher token than ours exists, so another may have been granted: stop opening.
      return { accepted: true, record: seen.held === seen.floor ? seen : quiesced(seen), repeat: false };
  }
}

function activated(record: LifecycleRecord, seen: LifecycleRecord, token: number): Transition {
  if (record.ending) return refuse('wrong-phase');
  if (record.held === token) {
    // A grant activates once: after a quiesce the same token does not begin again.
    return record.phase === 'active' && record.floor === token
      ? { accepted: true, record: seen, repeat: true }
      : refuse('wrong-phase');
  }
  // The floor itself was raised by a revoke or by a holder's own grant: it is no grant for us.
  if (token <= record.floor) return refuse('stale-token');
  return { accepted: true, record: { ...seen, phase: 'active', held: token }, repeat: false };
}

/** Opens nothing new from here on; what was settled stays settled. */
export const quiesced = (record: LifecycleRecord): LifecycleRecord =>
  record.phase === 'active' ? { ...record, phase: 'quiesced' } : record;

/** After a settlement that reached its aim, where the record is still the one that was settled. */
export const settled = (record: LifecycleRecord, held: number | undefined): LifecycleRecord =>
  record.phase === 'quiesced' && record.held === held ? { ...record, phase: 'settled' } : record;

/** After an activation that failed: back to standby; the token is spent. */
export const activationFailed = (record: LifecycleRecord, held: number): LifecycleRecord =>
  record.held === held ? { ...record, phase: 'standby', held: undefined } : record;

/** The process was told to end: never active again. */
export const ending = (record: LifecycleRecord): LifecycleRecord => ({
  ...(record.replica ? record : quiesced(record)),
  ending: true,
});
