import { describe, expect, test } from 'vitest';
import type { Weekday, WindowSpec } from '../app/index.ts';
import type { Move, Side } from '../goal/index.ts';
import { unknown } from '../known.ts';
import { approvalFinding, checkpointFindings, limitFindings, windowFinding, windowState } from './index.ts';

const WORKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri'];
const EVERY_DAY: readonly Weekday[] = [...WORKDAYS, 'sat', 'sun'];
const window = (days: readonly Weekday[], from: number, to: number, timezone = 'UTC'): WindowSpec => ({
  days,
  fromMinute: from * 60,
  toMinute: to * 60,
  timezone,
});
const at = (text: string): number => Date.parse(text);
const opens = (windows: readonly WindowSpec[], text: string): string => {
  const state = windowState(windows, at(text));
  if (state.open) return 'open';
  return state.opensAtMs === undefined ? 'never' : new Date(state.opensAtMs).toISOString();
};

describe('windows', () => {
  const office = [window(WORKDAYS, 9, 17)];

  test('without any, a deployment may begin at any time', () => {
    expect(opens([], '2026-11-21T03:00:00Z')).toBe('open');
    expect(windowFinding([], 0)).toBeUndefined();
  });

  test.each([
    ['the first minute is inside', '2026-11-20T09:00:00Z', 'open'],
    ['the minute of the end is outside', '2026-11-20T17:00:00Z', '2026-11-23T09:00:00.000Z'],
    ['before it opens', '2026-11-20T08:59:59Z', '2026-11-20T09:00:00.000Z'],
    ['a Saturday waits for Monday', '2026-11-21T12:00:00Z', '2026-11-23T09:00:00.000Z'],
  ])('%s', (_, moment, expected) => {
    expect(opens(office, moment)).toBe(expected);
  });

  test('one over midnight belongs to the day on which it begins', () => {
    const night = [window(['fri'], 22, 2)];
    expect(opens(night, '2026-11-20T23:30:00Z')).toBe('open');
    expect(opens(night, '2026-11-21T01:59:00Z')).toBe('open');
    expect(opens(night, '2026-11-20T01:00:00Z')).toBe('2026-11-20T22:00:00.000Z');
  });

  test('one to 24:00 lasts until the day ends', () => {
    expect(opens([window(EVERY_DAY, 20, 24)], '2026-11-20T23:59:00Z')).toBe('open');
  });

  test('of several the earliest opens next', () => {
    expect(opens([window(['mon'], 9, 10), window(['sun'], 9, 10)], '2026-11-21T12:00:00Z')).toBe(
      '2026-11-22T09:00:00.000Z',
    );
  });

  test('follow the clock of their time zone over a change to summer time and back', () => {
    const london = [window(EVERY_DAY, 9, 17, 'Europe/London')];
    expect(opens(london, '2026-07-01T08:00:00Z')).toBe('open');
    expect(opens(london, '2026-12-01T08:00:00Z')).toBe('2026-12-01T09:00:00.000Z');
    // On 29 March 2026 there is no 01:30 in London: that window opens a week later.
    const lost = [{ ...window(['sun'], 1, 2, 'Europe/London'), fromMinute: 90 }];
    expect(opens(lost, '2026-03-28T12:00:00Z')).toBe('2026-04-05T00:30:00.000Z');
  });

  test('a refusal says when the next one opens, in the words of the window', () => {
    const finding = windowFinding([window(WORKDAYS, 9, 17, 'Europe/London')], at('2026-11-21T12:00:00Z'));
    expect(finding).toMatchObject({ ok: false, subject: 'windows' });
    expect(finding?.message).toMatch(/opens on Mon, 23 Nov 2026,? (at )?09:00 Europe\/London/);
    expect(finding?.message).toContain('mon,tue,wed,thu,fri 09:00-17:00 Europe/London');
    expect(finding?.hint).toContain('Rollback and stop are never held back');
  });
});

describe('limits', () => {
  const HOUR = 3_600_000;
  const now = 100 * HOUR;
  const calm = { known: true as const, value: { orders: 2, positions: 0 } };
  const facts = (...deployments: readonly { beganAt: number; endedAt?: number }[]) => ({
    nowMs: now,
    deployments,
    risk: calm,
  });

  test('deployments of the last 24 hours count, older ones do not', () => {
    const two = { deploymentsPerDay: 2 };
    expect(limitFindings(two, facts({ beganAt: now - 25 * HOUR }, { beganAt: now - HOUR }))).toMatchObject([
      { ok: true, message: '1 of 2 within 24 hours' },
    ]);
    const full = limitFindings(two, facts({ beganAt: now - HOUR }, { beganAt: now - 20 * HOUR }));
    expect(full).toMatchObject([{ ok: false, message: '2 of 2 within 24 hours' }]);
    expect(full[0]?.hint).toContain('in 4 h');
  });

  test('the cooldown counts from the end of the last deployment', () => {
    const ten = { cooldownMs: 600_000 };
    expect(limitFindings(ten, facts())).toMatchObject([{ ok: true }]);
    expect(limitFindings(ten, facts({ beganAt: 0, endedAt: now - 600_000 }))).toMatchObject([{ ok: true }]);
    expect(limitFindings(ten, facts({ beganAt: 0, endedAt: now - 540_000 }))).toMatchObject([
      { ok: false, hint: expect.stringContaining('in 60 s') as string },
    ]);
  });

  test('open orders and positions are bounded, and what is unknown is not taken for none', () => {
    const limits = { maxOpenOrders: 1, maxOpenPositions: 0 };
    expect(limitFindings(limits, facts())).toMatchObject([
      { ok: false, subject: 'open orders', message: '2 open, at most 1 where a deployment begins' },
      { ok: true, subject: 'open positions' },
    ]);
    expect(limitFindings(limits, { ...facts(), risk: unknown('the venue does not answer') })).toMatchObject([
      { ok: false, message: 'how many there are is unknown: the venue does not answer' },
      { ok: false },
    ]);
  });

  test('what is not limited is not judged', () => {
    expect(limitFindings({}, { ...facts(), risk: unknown('not asked') })).toEqual([]);
  });
});

describe('formats of checkpoints', () => {
  const side = (release: number, checkpoint?: { writes?: string; reads: readonly string[] }): Side =>
    ({
      release,
      slot: 'blue',
      pinned: { spec: { singleton: checkpoint === undefined ? {} : { checkpoint } } },
    }) as unknown as Side;
  const say = (from: Side | null, to: Side | null, irreversible = false) =>
    checkpointFindings([{ service: 'bot', from, to } satisfies Move], irreversible);
  const one = { writes: 'bot/1', reads: ['bot/1'] };
  const two = { writes: 'bot/2', reads: ['bot/1', 'bot/2'] };

  test('that both releases read and write are no matter', () => {
    expect(say(side(1, one), side(2, one))).toEqual([]);
    expect(say(side(1), side(2))).toEqual([]);
    expect(say(null, side(1, one))).toEqual([]);
    expect(say(side(1, one), null)).toEqual([]);
  });

  test('that the predecessor cannot read back are refused, and named', () => {
    expect(say(side(1, one), side(2, two))).toMatchObject([
      {
        ok: false,
        subject: 'checkpoint of bot',
        message: 'release 2 writes bot/2, and release 1 reads bot/1: there would be no way back with what was learned',
      },
    ]);
    expect(say(side(1), side(2, one))).toMatchObject([{ ok: false }]);
  });

  test('that the older release of a rollback cannot read are refused likewise', () => {
    expect(say(side(2, two), side(1, one))).toMatchObject([
      { ok: false, message: 'release 1 reads bot/1, and what release 2 has learned is in bot/2' },
    ]);
  });

  test('are accepted where a person said so, and the finding says what was accepted', () => {
    expect(say(side(1, one), side(2, two), true)).toMatchObject([
      { ok: true, message: expect.stringContaining('accepted with --irreversible') as string },
    ]);
  });
});

test('an environment that wants approvals is refused as long as nobody can give one', () => {
  expect(approvalFinding(0)).toBeUndefined();
  expect(approvalFinding(2)).toMatchObject({ ok: false, message: expect.stringContaining('2 persons') as string });
});
