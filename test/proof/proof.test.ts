import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProofReport } from '../../packages/testkit/src/proof/proof.ts';
import { figures, withFigures } from './figures.ts';
import { reportIn } from './run-child.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const PAGE = read('docs/proof.md');

const REPORT: ProofReport = {
  part: 'simulator',
  cases: 2,
  steps: 1_234_567,
  violations: [],
  figures: { faults: 3 },
  tables: [{ title: 'coverage', header: ['fault', 'times'], rows: [['a|b', '7']] }],
};

describe('the claims', () => {
  const cited = [...PAGE.matchAll(/^- ([a-z]): `([^`]+)`: (.+)$/gm)].map(([, letter, file, name]) => ({
    letter: letter ?? '',
    file: file ?? '',
    name: name ?? '',
  }));

  it('name tests for every cell that claims something', () => {
    const letters = new Set(cited.map(({ letter }) => letter));
    const used = [...PAGE.matchAll(/^\|.*\([a-z](?:, [a-z])*\).*\|$/gm)].flatMap(([row]) =>
      [...row.matchAll(/\(([a-z](?:, [a-z])*)\)/g)].flatMap(([, names]) => (names ?? '').split(', ')),
    );
    expect(used.length).toBeGreaterThan(20);
    expect([...new Set(used)].filter((letter) => !letters.has(letter))).toEqual([]);
    expect([...letters].filter((letter) => !used.includes(letter))).toEqual([]);
  });

  it.each(cited.map(({ file, name }) => [name, file] as const))('are of a test that is there: %s', (name, file) => {
    expect(read(file)).toContain(name);
  });
});

describe('the figures', () => {
  it('stand between their marks, and nowhere else', () => {
    const text = figures([REPORT], 5, '2026-01-02');
    const once = withFigures(PAGE, text);
    expect(once).toContain('1,234,567');
    expect(once).toContain('a\\|b');
    expect(withFigures(once, text)).toBe(once);
    expect(once.startsWith(PAGE.slice(0, PAGE.indexOf('<!-- figures')))).toBe(true);
  });

  it('are refused by a page without a place for them', () => {
    expect(() => withFigures('# nothing', 'x')).toThrow('no place');
  });
});

describe('the report of a part', () => {
  it('is found whole, or as the last line after progress', () => {
    expect(reportIn(JSON.stringify(REPORT))).toEqual(REPORT);
    expect(reportIn(`first\n${JSON.stringify(REPORT)}\n`)).toEqual(REPORT);
  });

  it('is not there where something else was printed', () => {
    expect(reportIn('')).toBeUndefined();
    expect(reportIn('{"part":1}')).toBeUndefined();
  });
});
