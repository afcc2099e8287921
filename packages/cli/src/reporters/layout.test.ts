import { expect, test } from 'vitest';
import { cutStyled } from './cut-styled.ts';
import { bytes, duration } from './figures.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';
import { cut, harmless, widthOf, wrap } from './width.ts';

test.each([
  [0, '0 ms'],
  [3.24, '3.2 ms'],
  [480.4, '480 ms'],
  [1_449, '1.4 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h 0 min'],
  [200_000_000, '2 days'],
])('%d milliseconds are said as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1_536, '1.5 KiB'],
  [100 * 1024 * 1024, '100 MiB'],
])('%i bytes are said as %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test('words wrap, and a word that is too long stays whole, to be copied', () => {
  expect(wrap('one two three baton-resolve-production-stay-down', 20)).toEqual([
    'one two three',
    'baton-resolve-production-stay-down',
  ]);
});

test('wide characters take two columns', () => {
  expect(widthOf('取引')).toBe(4);
  expect(cut('取引所です', 5)).toBe('取引…');
});

test('a coloured line is cut by what is seen of it, and its colour ends', () => {
  const line = `a ${styleFor(true).bad('broken thing')} b`;
  expect(cutStyled(line, 40)).toBe(line);
  const short = cutStyled(line, 8);
  expect(widthOf(short)).toBe(8);
  expect(short.endsWith('\u001b[0m')).toBe(true);
});

test('control characters of others are taken out', () => {
  expect(harmless('a\u001b[31mb\u0007c\rd\u009b2Je')).toBe('abcde');
});

test('a table drops empty columns, and the last ones where there is no room', () => {
  const rows = [
    ['bot', '', '7', 'healthy'],
    ['web', '', '6', 'dead'],
  ];
  const headings = ['SERVICE', 'NOTHING', 'RELEASE', 'HEALTH'];
  expect(table(headings, rows, styleFor(false))).toEqual([
    'SERVICE  RELEASE  HEALTH',
    'bot      7        healthy',
    'web      6        dead',
  ]);
  expect(table(headings, rows, styleFor(false), 16)).toEqual(['SERVICE  RELEASE', 'bot      7', 'web      6']);
});
