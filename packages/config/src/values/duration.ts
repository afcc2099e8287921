import { Refusal, scalar } from './scalar.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PART = /(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/y;

/**
 * Reads `1m30s`, `500ms`, `1.5h`. Units: us, ms, s, m, h, d.
 * Source: the Compose specification, "Specifying durations"; `d` is Baton's own.
 * @returns whole milliseconds, or undefined where the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  let sum = 0;
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const found = PART.exec(text);
    if (found === null) return undefined;
    sum += Number(found[1]) * (UNIT_MS[found[2] ?? ''] ?? Number.NaN);
    at = PART.lastIndex;
  }
  return at === 0 ? undefined : Math.round(sum);
}

/** Milliseconds as a person writes them: `90000` becomes `1m30s`. */
export function formatDuration(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join('') || '0s';
}

const PATTERN = '^(\\d+(\\.\\d+)?(us|µs|ms|s|m|h|d))+$';

/** A schema of a duration within bounds, in milliseconds. */
export const duration = (bounds: { readonly minMs?: number; readonly maxMs?: number } = {}) =>
  scalar('a duration such as "30s" or "1m30s"', { type: 'string', pattern: PATTERN }, (text) => {
    const { minMs = 0, maxMs = 30 * 86_400_000 } = bounds;
    const value = parseDuration(text);
    if (value === undefined) {
      const bare = /^\d+$/.test(text);
      const spaced = parseDuration(text.replaceAll(/\s/g, '').toLowerCase());
      const suggestion = bare ? `${text}s` : spaced === undefined ? undefined : formatDuration(spaced);
      return new Refusal(`"${text}" is no duration; write it like "30s" or "1m30s"`, suggestion);
    }
    if (value >= minMs && value <= maxMs) return value;
    return new Refusal(`"${text}" is out of bounds: from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`);
  });
