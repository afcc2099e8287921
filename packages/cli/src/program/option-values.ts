import { InvalidValue } from './invalid-value.ts';

export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
];

export const positiveInteger = (value: string): number => {
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new InvalidValue('It must be a whole number from 1 on.');
  return Number(value);
};

export const slot = (value: string): 'blue' | 'green' => {
  if (value === 'blue' || value === 'green') return value;
  throw new InvalidValue('It must be blue or green.');
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `10m`, `2h`, `1d`, `1h30m` in milliseconds. */
export const durationMs = (value: string): number => {
  const parts = [...value.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== value)
    throw new InvalidValue('It must be a duration such as 30s, 10m or 2h.');
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0);
};

/** A duration back from now as negative milliseconds, or a point in time (ISO 8601) as milliseconds since the epoch. */
export const since = (value: string): number => {
  if (/^[0-9]{4}-/.test(value)) {
    const at = Date.parse(value);
    if (Number.isNaN(at)) throw new InvalidValue('It must be a time such as 2026-11-21T10:00:00Z.');
    return at;
  }
  return -durationMs(value);
};
