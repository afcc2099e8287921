import { Refusal, scalar } from './scalar.ts';

const SIZE = /^(\d+(?:\.\d+)?)\s*(b|[kmgtp]?i?b?)$/i;
const POWERS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * Reads `512m`, `1g`, `1gib`, `1048576`. Every unit is a power of 1024, as Docker reads them.
 * Source: the Compose specification, "Specifying byte values"; docker/go-units RAMInBytes.
 * @returns whole bytes, or undefined where the text is no size
 */
export function parseSize(text: string): number | undefined {
  const found = SIZE.exec(text.trim());
  if (found === null) return undefined;
  const power = POWERS.indexOf((found[2] ?? '').toLowerCase().replace(/i?b?$/, ''));
  const bytes = Number(found[1]) * 1024 ** power;
  return Number.isSafeInteger(Math.floor(bytes)) && power >= 0 ? Math.floor(bytes) : undefined;
}

/** A schema of a size, in bytes. */
export const size = () =>
  scalar(
    'a size such as "512m" or "1g"',
    { type: ['string', 'integer'], pattern: '^\\d+(\\.\\d+)?\\s*([bB]|[kmgtpKMGTP]?[iI]?[bB]?)$' },
    (text) => parseSize(text) ?? new Refusal(`"${text}" is no size; write it like "512m" or "1g"`),
  );

/** A schema of a memory threshold: a share of the limit (`80%`) or a size. */
export const memoryThreshold = () =>
  scalar<{ share: number } | { bytes: number }>(
    'a share such as "80%" or a size such as "512m"',
    { type: ['string', 'integer'] },
    (text) => {
      if (text.endsWith('%')) return parsePercent(text, 100, (share) => ({ share }));
      const bytes = parseSize(text);
      return bytes === undefined
        ? new Refusal(`"${text}" is neither a share like "80%" nor a size like "512m"`)
        : { bytes };
    },
  );

/** A schema of a share of the CPU, which may go past one core: `80%`, `150%`. */
export const cpuShare = () =>
  scalar('a share such as "80%"', { type: 'string', pattern: '^\\d+(\\.\\d+)?%$' }, (text) =>
    parsePercent(text, 6400, (share) => share),
  );

function parsePercent<Value>(text: string, max: number, make: (share: number) => Value): Value | Refusal {
  const found = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const percent = Number(found?.[1]);
  if (found !== null && percent > 0 && percent <= max) return make(percent / 100);
  const suggestion = /^\d+(\.\d+)?$/.test(text) ? `${text}%` : undefined;
  return new Refusal(`"${text}" is no share; write it like "80%", up to ${max}%`, suggestion);
}
