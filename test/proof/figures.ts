import { readFileSync, writeFileSync } from 'node:fs';
import type { ProofReport } from '../../packages/testkit/src/proof/proof.ts';

const BEGIN = '<!-- figures: written by npm run proof -->';
const END = '<!-- end of figures -->';

const cellOf = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly string[]): string => `| ${cells.map(cellOf).join(' | ')} |`;

export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

const figuresOf = (report: ProofReport): string =>
  Object.entries(report.figures)
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    .join('; ');

const summary = (reports: readonly ProofReport[]): string =>
  markdownTable(
    ['part', 'cases', 'steps', 'violations', 'figures'],
    reports.map((report) => [
      report.part,
      report.cases.toLocaleString('en'),
      report.steps.toLocaleString('en'),
      String(report.violations.length),
      figuresOf(report),
    ]),
  );

/** Everything that was tried, as it is written into the documentation. */
export const figures = (reports: readonly ProofReport[], seed: number, day: string): string =>
  [
    `Run on ${day} with seed ${seed}.`,
    summary(reports),
    ...reports.flatMap((report) =>
      report.tables.map(({ title, header, rows }) => `**${report.part}: ${title}**\n\n${markdownTable(header, rows)}`),
    ),
  ].join('\n\n');

/** The documentation with its figures replaced. @throws Error where it has no place for them */
export const withFigures = (page: string, text: string): string => {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no place between "${BEGIN}" and "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
};

export const writeFigures = (file: string, text: string): void => {
  writeFileSync(file, withFigures(readFileSync(file, 'utf8'), text));
};
