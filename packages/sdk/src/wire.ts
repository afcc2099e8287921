import type { Known } from './known.ts';
import type { CommandKind, LifecycleCommand, LifecyclePhase } from './lifecycle-state.ts';

/** Anything that survives `JSON.stringify`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What happens to open orders and positions when the baton moves. */
export type SettlePolicy = 'flatten' | 'transfer' | 'keep';

/** What an instance says of itself. */
export interface LifecycleState {
  readonly instance: string;
  readonly phase: LifecyclePhase;
  /** The floor: the highest token it has seen. */
  readonly token: number;
  readonly release: number;
  readonly digest: string;
}

/** What is open at the broker, as this instance sees it. */
export interface Exposure {
  readonly openOrders: Known<number>;
  readonly positions: Known<number>;
  /** Requests sent to the broker whose answer has not come. */
  readonly inFlight: Known<number>;
}

/** Learned state that must survive the process. */
export interface Checkpoint {
  readonly state: Json;
  /** Wall time at which it was taken, milliseconds since 1970. */
  readonly takenAt: number;
  /** The format as the workload names it, such as `my-bot/2`. */
  readonly format: string;
}

/** How many orders and positions a new holder took over. */
export interface Adopted {
  readonly orders: number;
  readonly positions: number;
}

export interface ActivateBody {
  readonly checkpoint: Checkpoint | undefined;
  /** True where the checkpoint is older than the end of the last holder. */
  readonly stale: boolean;
}

export interface SettleBody {
  readonly policy: SettlePolicy;
  /** How long settling may take, from the receipt of the call. */
  readonly deadlineMs: number;
}

type Fields = Readonly<Record<string, unknown>>;
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const bad = (message: string): { readonly ok: false; readonly message: string } => ({ ok: false, message });
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Reads a body as a JSON object. */
export function parseBody(text: string): Parsed<Fields> {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? { ok: true, value } : bad('the body must be a JSON object');
  } catch {
    return bad('the body must be JSON');
  }
}

/** The three fields that every command carries. */
export function parseCommand(kind: CommandKind, fields: Fields): Parsed<LifecycleCommand> {
  const { instance, token, epoch } = fields;
  if (typeof instance !== 'string' || instance === '') return bad('"instance" must be the nonce of the process start');
  if (!isCount(token)) return bad('"token" must be a whole number');
  if (!isCount(epoch)) return bad('"epoch" must be a whole number');
  return { ok: true, value: { kind, instance, token, epoch } };
}

export function parseActivate(fields: Fields): Parsed<ActivateBody> {
  const stale = fields.stale === true;
  const given = fields.checkpoint;
  if (given === undefined || given === null) return { ok: true, value: { checkpoint: undefined, stale } };
  if (!isFields(given) || given.state === undefined || !isCount(given.takenAt) || typeof given.format !== 'string') {
    return bad('"checkpoint" must be null or {state, takenAt, format}');
  }
  const checkpoint = { state: given.state as Json, takenAt: given.takenAt, format: given.format };
  return { ok: true, value: { checkpoint, stale } };
}

/** How to settle on from a quiesce, where it asks for that. */
export function parseGoOn(fields: Fields): Parsed<SettleBody | undefined> {
  if (fields.goOn === undefined) return { ok: true, value: undefined };
  return isFields(fields.goOn) ? parseSettle(fields.goOn) : bad('"goOn" must be {policy, deadlineMs}');
}

/** A settlement is never waited for longer than this. */
export const longestSettleMs = 3_600_000;

export function parseSettle(fields: Fields): Parsed<SettleBody> {
  const { policy, deadlineMs } = fields;
  if (policy !== 'flatten' && policy !== 'transfer' && policy !== 'keep') {
    return bad('"policy" must be flatten, transfer or keep');
  }
  if (typeof deadlineMs !== 'number' || !(deadlineMs > 0)) return bad('"deadlineMs" must be a number above 0');
  return { ok: true, value: { policy, deadlineMs: Math.min(deadlineMs, longestSettleMs) } };
}
