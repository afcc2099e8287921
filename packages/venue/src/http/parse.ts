import { FAULT_KINDS, type FaultKind, type FaultSpec } from '../faults/index.ts';
import type { OrderRequest, Origin } from '../journal/index.ts';
import { badRequest } from './http-problem.ts';

/** Lots in one order; the market makers show ten times as many at each price. */
const MAX_ORDER_LOTS = 100_000;
const MAX_PRICE_TICKS = 1_000_000_000;
const MAX_TOKEN = Number.MAX_SAFE_INTEGER;
const MAX_NAME_LENGTH = 200;
/** Longest latency that may be injected. */
const MAX_LATENCY_MS = 600_000;

type Fields = Readonly<Record<string, unknown>>;

export function fields(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The body must be a JSON object.');
  return body as Fields;
}

export function text(from: Fields, name: string): string {
  const value = from[name];
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_LENGTH) {
    throw badRequest(`${name} must be a text of 1 to ${MAX_NAME_LENGTH} characters.`);
  }
  return value;
}

export function integer(from: Fields, name: string, least: number, most: number): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw badRequest(`${name} must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

function choice<const T extends string>(from: Fields, name: string, allowed: readonly T[], otherwise?: T): T {
  const value = from[name] ?? otherwise;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw badRequest(`${name} must be one of ${allowed.join(', ')}.`);
  return found;
}

export function texts(from: Fields, name: string): string[] {
  const value = from[name] ?? [];
  if (!Array.isArray(value) || value.length > 10_000 || value.some((one) => typeof one !== 'string')) {
    throw badRequest(`${name} must be a list of texts.`);
  }
  return value as string[];
}

export function parseOrigin(value: unknown): Origin {
  const from = fields(value);
  return {
    instance: text(from, 'instance'),
    ...(from.release == null ? {} : { release: integer(from, 'release', 0, MAX_TOKEN) }),
    ...(from.token == null ? {} : { token: integer(from, 'token', 0, MAX_TOKEN) }),
  };
}

/** An order as the API takes it. @throws HttpProblem 422 naming the field that is wrong. */
export function parseOrder(body: unknown): OrderRequest {
  const from = fields(body);
  const type = choice(from, 'type', ['limit', 'market']);
  const reduceOnly = from.reduceOnly ?? false;
  if (typeof reduceOnly !== 'boolean') throw badRequest('reduceOnly must be true or false.');
  return {
    clientId: text(from, 'clientId'),
    symbol: text(from, 'symbol'),
    side: choice(from, 'side', ['buy', 'sell']),
    type,
    quantity: integer(from, 'quantity', 1, MAX_ORDER_LOTS),
    ...(type === 'limit' ? { price: integer(from, 'price', 1, MAX_PRICE_TICKS) } : {}),
    timeInForce: choice(from, 'timeInForce', ['gtc', 'ioc'], type === 'market' ? 'ioc' : 'gtc'),
    reduceOnly,
    ...(from.origin == null ? {} : { origin: parseOrigin(from.origin) }),
  };
}

/** A fault as the API takes it. */
export function parseFault(body: unknown): FaultSpec {
  const from = fields(body);
  const probability = from.probability;
  if (probability !== undefined && (typeof probability !== 'number' || !(probability > 0 && probability <= 1))) {
    throw badRequest('probability must be a number above 0 and at most 1.');
  }
  return {
    kind: choice<FaultKind>(from, 'kind', FAULT_KINDS),
    ...(from.account === undefined ? {} : { account: text(from, 'account') }),
    ...(from.symbol === undefined ? {} : { symbol: text(from, 'symbol') }),
    ...(from.count === undefined ? {} : { count: integer(from, 'count', 1, MAX_TOKEN) }),
    ...(probability === undefined ? {} : { probability }),
    ...(from.ms === undefined ? {} : { ms: integer(from, 'ms', 0, MAX_LATENCY_MS) }),
    ...(from.stage === undefined ? {} : { stage: choice(from, 'stage', ['request', 'answer']) }),
  };
}
export const parseToken = (body: unknown): number => integer(fields(body), 'token', 0, MAX_TOKEN);
