import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCommand } from './command.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { nameFault, nearestName } from './name.ts';
import { parseSize } from './size.ts';
import { renderName } from './template.ts';

describe('durations', () => {
  test.each([
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['2h32m', 9_120_000],
    ['0s', 0],
    ['1d', 86_400_000],
    ['1500us', 2],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '30', 's', '1 m', '-1s', '1m30', '1e3s', '٣s'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('every duration that is written can be read again', () => {
    fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  test('parts add up, in any order', () => {
    const part = fc.tuple(fc.nat(999), fc.constantFrom('ms', 's', 'm', 'h'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const texts = parts.map(([count, unit]) => `${count}${unit}`);
        const sum = texts.reduce((total, text) => total + (parseDuration(text) ?? Number.NaN), 0);
        return parseDuration(texts.join('')) === sum;
      }),
    );
  });
});

describe('sizes', () => {
  test.each([
    ['1024', 1024],
    ['64b', 64],
    ['1k', 1024],
    ['512m', 536_870_912],
    ['512MB', 536_870_912],
    ['1gib', 1_073_741_824],
    ['1.5g', 1_610_612_736],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'm', '-1g', '1x', '1 2m', '99999999p'])('"%s" is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe('names', () => {
  test('whatever is suggested is itself a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const near = nearestName(text);
        return near === undefined || nameFault(near) === undefined;
      }),
    );
  });
});

describe('command lines', () => {
  test('split like the list of their words', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_./=:-]+$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(splitCommand(words.join('  '))).toEqual(words);
      }),
    );
  });

  test('keep what is quoted together', () => {
    expect(splitCommand(`sh -c "a 'b' c" 'd "e" f'`)).toEqual(['sh', '-c', "a 'b' c", 'd "e" f']);
  });
});

test('templates are filled in', () => {
  expect(renderName('{app}-{env}-{service}', { app: 'cb', env: 'dev', service: 'bot' })).toBe('cb-dev-bot');
});
