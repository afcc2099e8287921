import type { InstanceReport, PlanReport, StatusReport, StreamLine } from '@baton/api';
import type { GoalReference, Outcome } from '@baton/core';

/** Midnight UTC plus what a line says: every fixture is of the same day. */
export const AT = Date.UTC(2026, 10, 21, 10, 0, 0);

const moment = (at: number) => ({ boot: 'boot', monotonicMs: at - AT, wallMs: at });

export const journal = (
  afterMs: number,
  type: string,
  payload: Readonly<Record<string, unknown>> = {},
): StreamLine => ({
  kind: 'journal',
  at: AT + afterMs,
  type,
  payload: { at: moment(AT + afterMs), ...payload },
});

export const progress = (afterMs: number, step: string, reason: string): StreamLine => ({
  kind: 'progress',
  at: AT + afterMs,
  step,
  reason,
  direction: 'forward',
});

export const end = (afterMs: number, outcome: Outcome, exitCode: number, summary: string): StreamLine => ({
  kind: 'end',
  at: AT + afterMs,
  outcome,
  exitCode,
  summary,
  release: 7,
  generation: 12,
});

export const goal: GoalReference = {
  generation: 12,
  kind: 'deploy',
  scope: 'shop/local',
  release: 7,
  moves: [
    { service: 'bot', from: { release: 6, slot: 'blue' }, to: { release: 7, slot: 'green' } },
    { service: 'web', from: null, to: { release: 7, slot: 'blue' } },
  ],
  kept: [{ service: 'memory', release: 3, slot: 'blue' }],
  strategy: { bakeMs: 20_000, drainMs: 5_000, holdMs: 10_000, rollbackTimeoutMs: 60_000, gateTimeoutMs: 60_000 },
  listen: [],
  force: false,
  by: 'alice@desk',
};

const death = { instance: 'a1'.repeat(16), handle: '1:2:boot', method: 'cgroup-empty', weak: false, note: '', at: AT };
const flat = { known: true, value: 0 };

const launched: readonly StreamLine[] = [
  journal(0, 'goal.opened', { goal }),
  journal(1, 'driver.took-over', { epoch: 4, owner: 'daemon' }),
  journal(5, 'gate.began', { direction: 'forward' }),
  journal(9, 'intent', { operation: 'o1', action: 'launch', subject: 'bot' }),
  journal(20, 'instance.launched', {
    service: 'bot',
    slot: 'green',
    release: 7,
    instance: 'b2'.repeat(16),
    handle: '7:8:boot',
  }),
  progress(30, 'wait', 'the gate waits for bot'),
];

const handedOver: readonly StreamLine[] = [
  journal(900, 'verdict', { verdict: { check: 'gate', passed: true, violations: [] } }),
  journal(950, 'holder.settled', {
    service: 'bot',
    instance: 'a1'.repeat(16),
    exposure: { openOrders: flat, positions: flat, inFlight: flat },
  }),
  journal(951, 'baton.revoked', { key: 'account/main', service: 'bot', token: 12, from: 'a1'.repeat(16) }),
  journal(953, 'baton.granted', {
    key: 'account/main',
    service: 'bot',
    token: 13,
    to: 'b2'.repeat(16),
    slot: 'green',
    release: 7,
    proof: { kind: 'death', death },
    reconciled: 'venue read twice: 0 open orders, 0 positions',
  }),
  journal(954, 'holder.activated', { service: 'bot', token: 13, instance: 'b2'.repeat(16), quiescedForMs: 3.24 }),
  journal(955, 'traffic.switched', { direction: 'forward', maxHeldMs: 12 }),
];

/** A deployment that went well, from its first line to its last. */
export const committedLines: readonly StreamLine[] = [
  ...launched,
  ...handedOver,
  progress(1_000, 'wait', 'baking: healthy for 45 of 20000 ms'),
  journal(11_000, 'bake.progressed', { healthyMs: 10_000 }),
  journal(21_000, 'verdict', { verdict: { check: 'bake', passed: true, violations: [] } }),
  journal(21_300, 'slot.retired', { service: 'bot', slot: 'blue', cut: 0 }),
  journal(21_310, 'goal.closed', { outcome: 'committed', summary: 'release 7 is live' }),
  end(21_310, 'committed', 0, 'release 7 is live'),
];

/** One whose new release logs errors after the switch, and goes back. */
export const rolledBackLines: readonly StreamLine[] = [
  ...launched,
  ...handedOver,
  journal(3_000, 'verdict', {
    verdict: {
      check: 'bake',
      passed: false,
      violations: [
        {
          layer: 'logs',
          service: 'bot',
          instance: 'b2'.repeat(16),
          evidence: '41 errors in the last minute, 5 are allowed',
        },
      ],
    },
  }),
  journal(3_100, 'baton.revoked', { key: 'account/main', service: 'bot', token: 14, from: 'b2'.repeat(16) }),
  journal(3_120, 'baton.granted', {
    key: 'account/main',
    service: 'bot',
    token: 15,
    to: 'c3'.repeat(16),
    slot: 'blue',
    release: 6,
    proof: { kind: 'death', death },
    reconciled: 'venue read twice: 0 open orders, 0 positions',
  }),
  journal(3_130, 'holder.activated', { service: 'bot', token: 15, instance: 'c3'.repeat(16), quiescedForMs: 21 }),
  journal(3_140, 'traffic.switched', { direction: 'back', maxHeldMs: 25 }),
  journal(3_200, 'slot.retired', { service: 'bot', slot: 'green', cut: 2 }),
  end(3_210, 'rolled-back', 3, 'release 7 was rolled back: bot: logs: 41 errors in the last minute'),
];

export const question = {
  id: 'prove/bot/14',
  text: 'The holder of bot cannot be proven dead: its host does not answer.',
  answers: [
    { answer: 'retry', meaning: 'ask the host again' },
    { answer: 'stay-down', meaning: 'leave nobody trading and end this deployment' },
  ],
};

export const askedLines: readonly StreamLine[] = [
  ...launched,
  journal(2_000, 'operator.asked', { direction: 'forward', question }),
  { kind: 'asked', at: AT + 2_000, question },
];

export const instance = (over: Partial<InstanceReport> = {}): InstanceReport => ({
  instance: 'b2'.repeat(16),
  service: 'bot',
  role: 'singleton',
  slot: 'green',
  release: 7,
  state: 'running',
  part: 'holder',
  phase: 'active',
  live: true,
  addresses: { 8000: '127.0.0.1:40001' },
  handle: '4711:99:boot',
  startedAt: AT - 90_000,
  health: { successes: 12, identity: 'match', violations: [], lastFailure: undefined },
  memoryBytes: 96 * 1024 * 1024,
  cpuShare: 0.034,
  exit: null,
  ...over,
});

export const status = (over: Partial<StatusReport> = {}): StatusReport => ({
  scope: 'shop/local',
  target: 'process',
  release: 7,
  previous: 6,
  stopped: false,
  latched: false,
  healthy: true,
  problems: [],
  live: { bot: { release: 7, slot: 'green' } },
  instances: [instance()],
  batons: [
    {
      key: 'account/main',
      service: 'bot',
      token: 13,
      holder: { instance: 'b2'.repeat(16), slot: 'green', release: 7 },
      unproven: null,
      latch: null,
      checkpointAt: AT - 2_000,
    },
  ],
  open: null,
  last: { generation: 12, release: 7, outcome: 'committed' },
  routes: [{ listen: '127.0.0.1:8000', host: null, path: '/', service: 'bot', pool: 'bot@green:8000', held: false }],
  driver: { owner: 'daemon', epoch: 4, expiresAt: AT + 10_000 },
  warnings: [],
  ...over,
});

export const plan = (over: Partial<PlanReport> = {}): PlanReport => ({
  scope: 'shop/local',
  release: 8,
  liveRelease: 7,
  services: [
    {
      service: 'bot',
      role: 'singleton',
      change: 'changed',
      from: { release: 7, slot: 'green' },
      to: { release: over.release ?? 8, slot: 'blue' },
      differences: [],
    },
  ],
  steps: [],
  warnings: [],
  findings: [],
  ...over,
});
