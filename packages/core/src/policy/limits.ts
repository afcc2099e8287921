import type { LimitsSpec } from '../app/index.ts';
import type { Known } from '../known.ts';
import type { Finding } from '../ports/target.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** One deployment of the past, by wall time. */
export interface PastDeployment {
  readonly beganAt: number;
  /** Absent while it is open. */
  readonly endedAt?: number;
}

/** What is open at the brokers now, over all that this environment trades. */
export interface OpenRisk {
  readonly orders: number;
  readonly positions: number;
}

export interface LimitFacts {
  readonly nowMs: number;
  readonly deployments: readonly PastDeployment[];
  /** Needed only where a limit asks for it. */
  readonly risk: Known<OpenRisk>;
}

const duration = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 120) return `${seconds} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
};

const perDay = (allowed: number, { nowMs, deployments }: LimitFacts): Finding => {
  const recent = deployments.map(({ beganAt }) => beganAt).filter((at) => nowMs - at < DAY_MS);
  const subject = 'deployments a day';
  const message = `${recent.length} of ${allowed} within 24 hours`;
  if (recent.length < allowed) return { ok: true, subject, message };
  const oldest = recent.toSorted((a, b) => a - b)[recent.length - allowed] ?? nowMs;
  const hint = `The next may begin in ${duration(oldest + DAY_MS - nowMs)}. Rollback is never limited.`;
  return { ok: false, subject, message, hint };
};

const cooldown = (cooldownMs: number, { nowMs, deployments }: LimitFacts): Finding => {
  const ended = deployments.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [endedAt]));
  const subject = 'cooldown';
  const left = ended.length === 0 ? 0 : Math.max(...ended) + cooldownMs - nowMs;
  if (left <= 0) return { ok: true, subject, message: `${duration(cooldownMs)} have passed` };
  const message = `the last deployment ended ${duration(cooldownMs - left)} ago, and ${duration(cooldownMs)} must pass`;
  return { ok: false, subject, message, hint: `Deploy in ${duration(left)}. Rollback is never limited.` };
};

const openAtMost = (
  subject: string,
  allowed: number,
  risk: Known<OpenRisk>,
  of: (open: OpenRisk) => number,
): Finding => {
  // What is not known is never taken for little.
  if (!risk.known) {
    const hint = 'See "baton status"; take the limit away where nobody can be asked.';
    return { ok: false, subject, message: `how many there are is unknown: ${risk.reason}`, hint };
  }
  const open = of(risk.value);
  const message = `${open} open, at most ${allowed} where a deployment begins`;
  if (open <= allowed) return { ok: true, subject, message };
  return { ok: false, subject, message, hint: 'Wait until fewer are open, or raise the limit in baton.yaml.' };
};

/** True where a limit asks what is open at the broker. */
export const limitsRisk = (limits: LimitsSpec): boolean =>
  limits.maxOpenOrders !== undefined || limits.maxOpenPositions !== undefined;

/** What preflight says of the limits, one finding each. */
export const limitFindings = (limits: LimitsSpec, facts: LimitFacts): readonly Finding[] => {
  const { deploymentsPerDay, cooldownMs, maxOpenOrders, maxOpenPositions } = limits;
  return [
    ...(deploymentsPerDay === undefined ? [] : [perDay(deploymentsPerDay, facts)]),
    ...(cooldownMs === undefined ? [] : [cooldown(cooldownMs, facts)]),
    ...(maxOpenOrders === undefined
      ? []
      : [openAtMost('open orders', maxOpenOrders, facts.risk, ({ orders }) => orders)]),
    ...(maxOpenPositions === undefined
      ? []
      : [openAtMost('open positions', maxOpenPositions, facts.risk, ({ positions }) => positions)]),
  ];
};
