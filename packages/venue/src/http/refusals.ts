import type { FastifyReply } from 'fastify';
import type { Refusal } from '../exchange/index.ts';
import type { RefusalReason } from '../journal/index.ts';

const STATUS: Record<RefusalReason, number> = {
  'stale-token': 409,
  'missing-token': 409,
  unauthorised: 401,
  'insufficient-balance': 422,
  'reduce-only': 422,
  'market-suspended': 422,
  'fault-unauthorised': 401,
  'fault-rate-limited': 429,
};

/** Answers as a real exchange would; an injected fault looks like what it stands for. */
export function answerRefusal(reply: FastifyReply, refused: Refusal): FastifyReply {
  const { reason, message, floor, retryAfterMs } = refused;
  if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  const more = floor === undefined ? {} : { floor };
  return reply.code(STATUS[reason]).send({ error: reason.replace(/^fault-/, ''), message, ...more });
}
