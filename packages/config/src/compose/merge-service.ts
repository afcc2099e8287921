import type { ComposeService } from './compose-service.ts';

/** Lists in which the later file speaks for the whole; every other list is added to. */
const REPLACED = new Set(['command', 'entrypoint', 'test']);

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two entries with the same key are the same thing, said twice. */
function identity(item: unknown): string {
  if (isMapping(item) && typeof item.target === 'string') return `target ${item.target}`;
  return JSON.stringify(item);
}

function mergeValue(key: string, base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (Array.isArray(base) && Array.isArray(over) && !REPLACED.has(key)) {
    const byIdentity = new Map<string, unknown>([...base, ...over].map((item: unknown) => [identity(item), item]));
    return [...byIdentity.values()];
  }
  if (!isMapping(base) || !isMapping(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((inner) => [inner, mergeValue(inner, base[inner], over[inner])]));
}

/**
 * Lays one definition of a service over another: mappings join, lists add up, `command`, `entrypoint` and
 * `healthcheck.test` are replaced.
 * Source: the Compose specification, "Merge".
 */
export const mergeService = (base: ComposeService, over: ComposeService): ComposeService =>
  mergeValue('service', base, over) as ComposeService;
