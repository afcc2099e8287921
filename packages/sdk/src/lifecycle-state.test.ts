import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activationFailed,
  beginning,
  type CommandKind,
  ending,
  type LifecycleCommand,
  type LifecycleRecord,
  mayAct,
  settled,
  transition,
} from './lifecycle-state.ts';

const me = 'a'.repeat(32);
const command = (kind: CommandKind, token: number, epoch = 1, instance = me): LifecycleCommand => ({
  kind,
  instance,
  token,
  epoch,
});

/** The record after `commands`, refused ones having changed nothing. */
const after = (...commands: readonly LifecycleCommand[]): LifecycleRecord =>
  commands.reduce(
    (record: LifecycleRecord, next) => {
      const moved = transition(record, me, next);
      return moved.accepted ? moved.record : record;
    },
    beginning({ startAs: 'standby' }),
  );

describe('a standby', () => {
  it('may not act, and does once it is activated', () => {
    expect(mayAct(after())).toBe(false);
    expect(mayAct(after(command('activate', 5)))).toBe(true);
  });

  it.each(['quiesce', 'settle', 'checkpoint'] as const)('refuses %s, having nothing to give', (kind) => {
    expect(transition(after(), me, command(kind, 5))).toEqual({ accepted: false, reason: 'wrong-phase' });
  });

  it('refuses the token that revoked it, and takes the next one', () => {
    const revoked = after(command('activate', 5), command('quiesce', 5), command('deactivate', 6));
    expect(transition(revoked, me, command('activate', 5))).toEqual({ accepted: false, reason: 'stale-token' });
    expect(transition(revoked, me, command('activate', 6))).toEqual({ accepted: false, reason: 'stale-token' });
    expect(transition(revoked, me, command('activate', 7))).toMatchObject({ accepted: true, repeat: false });
  });

  it('is deactivated under a token that it never saw, and remembers the floor', () => {
    expect(after(command('deactivate', 9))).toMatchObject({ phase: 'standby', floor: 9 });
  });
});

describe('a holder', () => {
  it('is activated once by the same token', () => {
    const active = after(command('activate', 5));
    expect(transition(active, me, command('activate', 5))).toEqual({ accepted: true, record: active, repeat: true });
  });

  it('does not begin again under a token that it has quiesced', () => {
    const quiesced = after(command('activate', 5), command('quiesce', 5));
    expect(transition(quiesced, me, command('activate', 5))).toEqual({ accepted: false, reason: 'wrong-phase' });
    expect(mayAct(after(command('activate', 5), command('quiesce', 5), command('activate', 6)))).toBe(true);
  });

  it('stops opening when a checkpoint is asked under a higher token', () => {
    expect(after(command('activate', 5), command('checkpoint', 5)).phase).toBe('active');
    expect(after(command('activate', 5), command('checkpoint', 6)).phase).toBe('quiesced');
  });

  it('is settled only by the settlement of the grant it still has', () => {
    const quiesced = after(command('activate', 5), command('quiesce', 5));
    expect(settled(quiesced, 5).phase).toBe('settled');
    expect(settled(quiesced, 4).phase).toBe('quiesced');
    expect(settled(after(command('activate', 5), command('deactivate', 6)), 5).phase).toBe('standby');
  });

  it('is back in standby after an activation that failed, with its token spent', () => {
    const failed = activationFailed(after(command('activate', 5)), 5);
    expect(failed).toMatchObject({ phase: 'standby', floor: 5 });
    expect(transition(failed, me, command('activate', 5))).toEqual({ accepted: false, reason: 'stale-token' });
  });

  it('acts from its first instruction when it was started as one', () => {
    expect(mayAct(beginning({ startAs: 'holder', token: 8 }))).toBe(true);
  });
});

it('refuses a command for another process start before it looks at anything else', () => {
  const other = command('deactivate', 9, 9, 'b'.repeat(32));
  expect(transition(after(), me, other)).toEqual({ accepted: false, reason: 'wrong-instance' });
  expect(transition(beginning({ startAs: 'unmanaged' }), '', { ...other, instance: '' })).toMatchObject({
    accepted: false,
  });
});

it('refuses a driver older than one that it has heard', () => {
  const record = after(command('activate', 5, 4));
  expect(transition(record, me, command('quiesce', 5, 3))).toEqual({ accepted: false, reason: 'stale-epoch' });
});

it('takes no lifecycle command as a replica, which always acts until it ends', () => {
  const replica = beginning({ startAs: 'replica' });
  expect(transition(replica, me, command('deactivate', 1))).toEqual({ accepted: false, reason: 'wrong-phase' });
  expect(mayAct(replica)).toBe(true);
  expect(mayAct(ending(replica))).toBe(false);
});

it('takes no grant once the process is ending', () => {
  const going = ending(after(command('activate', 5)));
  expect(going.phase).toBe('quiesced');
  expect(transition(going, me, command('activate', 6))).toEqual({ accepted: false, reason: 'wrong-phase' });
});

describe('whatever is sent, in any order', () => {
  const anyCommand = fc.record({
    kind: fc.constantFrom<CommandKind>('activate', 'quiesce', 'settle', 'checkpoint', 'deactivate'),
    instance: fc.constantFrom(me, me, me, 'b'.repeat(32)),
    token: fc.nat(8),
    epoch: fc.nat(3),
  });
  const anySequence = fc.array(anyCommand, { maxLength: 30 });

  /** Walks the sequence and shows every step to `look`. */
  const walk = (
    commands: readonly LifecycleCommand[],
    look: (before: LifecycleRecord, next: LifecycleCommand, now: LifecycleRecord, accepted: boolean) => void,
  ): void => {
    let record = beginning({ startAs: 'standby' });
    for (const next of commands) {
      const moved = transition(record, me, next);
      const now = moved.accepted ? moved.record : record;
      look(record, next, now, moved.accepted);
      record = now;
    }
  };

  it('never acts under a token below the floor', () => {
    fc.assert(
      fc.property(anySequence, (commands) =>
        walk(commands, (_before, _next, now) => {
          if (now.phase === 'active') expect(now.held).toBe(now.floor);
          if (mayAct(now)) expect(now.held).toBe(now.floor);
        }),
      ),
    );
  });

  it('never lowers the floor or the epoch', () => {
    fc.assert(
      fc.property(anySequence, (commands) =>
        walk(commands, (before, _next, now) => {
          expect(now.floor).toBeGreaterThanOrEqual(before.floor);
          expect(now.epoch).toBeGreaterThanOrEqual(before.epoch);
        }),
      ),
    );
  });

  it('begins to act only by an activation under a token higher than all before', () => {
    fc.assert(
      fc.property(anySequence, (commands) =>
        walk(commands, (before, next, now) => {
          if (mayAct(before) || !mayAct(now)) return;
          expect(next.kind).toBe('activate');
          expect(next.token).toBeGreaterThan(before.floor);
        }),
      ),
    );
  });

  it('changes nothing when a command is sent twice', () => {
    fc.assert(
      fc.property(anySequence, anyCommand, (commands, last) => {
        const once = after(...commands, last);
        const twice = after(...commands, last, last);
        expect(twice).toEqual(once);
      }),
    );
  });

  it('never acts after a deactivation until a higher token is granted', () => {
    fc.assert(
      fc.property(anySequence, anySequence, fc.nat(8), (commands, later, token) => {
        const before = after(...commands);
        const gone = transition(before, me, command('deactivate', token, before.epoch));
        if (!gone.accepted) return;
        const stale = later.filter((next) => next.token <= token);
        const end = stale.reduce((record, next) => {
          const moved = transition(record, me, next);
          return moved.accepted ? moved.record : record;
        }, gone.record);
        expect(mayAct(end)).toBe(false);
      }),
    );
  });
});
