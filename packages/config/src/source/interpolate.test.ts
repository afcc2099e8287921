// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files are what is tested
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InterpolationError, interpolate } from './interpolate.ts';

const values: Readonly<Record<string, string>> = { SET: 'value', EMPTY: '', OTHER: 'other' };
const lookup = (name: string): string | undefined => values[name];

describe('interpolation follows the Compose specification', () => {
  test.each([
    ['$SET', 'value'],
    ['${SET}', 'value'],
    ['a-$SET-b', 'a-value-b'],
    ['${MISSING}', ''],
    ['${SET:-d}', 'value'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${MISSING-d}', 'd'],
    ['${MISSING:-${OTHER}}', 'other'],
    ['${MISSING:-${ALSO:-deep}}', 'deep'],
    ['${MISSING:-}', ''],
    ['${SET:+yes}', 'yes'],
    ['${EMPTY:+yes}', ''],
    ['${EMPTY+yes}', 'yes'],
    ['${MISSING+yes}', ''],
    ['${SET:?must be}', 'value'],
    ['${EMPTY?must be}', ''],
    ['$$SET', '$SET'],
    ['$$$SET', '$value'],
    ['${MISSING:-a$$b}', 'a$b'],
    ['${MISSING:-http://x:1/?a=b}', 'http://x:1/?a=b'],
    ['${SET:-${NEVER:?not asked}}', 'value'],
  ])('%s becomes %s', (text, result) => {
    expect(interpolate(text, lookup).text).toBe(result);
  });

  test.each([
    ['${MISSING:?give it}', 'the variable "MISSING" is required: give it', 0],
    ['${EMPTY:?}', 'the variable "EMPTY" is required: it is not set', 0],
    ['ab ${MISSING?x}', 'the variable "MISSING" is required: x', 3],
    ['cost: $5', '"$" here starts no variable; write "$$" for the character itself', 6],
    ['${}', '"$" here starts no variable; write "$$" for the character itself', 0],
    ['${SET', '"${SET" is not closed by "}"', 0],
    ['${SET!x}', '"${SET" is not closed by "}"', 0],
    ['${MISSING:-${A}', '"${MISSING" is not closed by "}"', 0],
  ])('%s is refused', (text, message, index) => {
    expect(() => interpolate(text, lookup)).toThrow(expect.objectContaining({ message, index }));
  });

  test('names each variable that was neither set nor given a default', () => {
    expect(interpolate('$A ${B} ${C:-$D} ${SET:-$E} ${F-}', lookup).unset).toEqual(['A', 'B', 'D']);
  });

  test('refuses nesting without end rather than overflowing', () => {
    expect(() => interpolate('${A:-'.repeat(10_000), lookup)).toThrow(InterpolationError);
  });
});

test('a text without "$" stays as it is', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('$')),
      (text) => interpolate(text, lookup).text === text,
    ),
  );
});

test('any text survives when each "$" is doubled', () => {
  fc.assert(fc.property(fc.string(), (text) => interpolate(text.replaceAll('$', '$$$$'), lookup).text === text));
});

test('any text is either read or refused with a place inside it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A', '_', '1', ' ') }), (text) => {
      try {
        return typeof interpolate(text, lookup).text === 'string';
      } catch (error) {
        return error instanceof InterpolationError && error.index >= 0 && error.index <= text.length;
      }
    }),
    { numRuns: 2000 },
  );
});

test('a value is put in as it is, whatever it holds', () => {
  fc.assert(fc.property(fc.string(), (value) => interpolate('[${V}]', () => value).text === `[${value}]`));
});
