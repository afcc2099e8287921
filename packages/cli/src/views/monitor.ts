import type { LogReport, StatusReport } from '@baton/api';
import { cutStyled } from '../reporters/cut-styled.ts';
import { clockTime } from '../reporters/figures.ts';
import { harmless } from '../reporters/width.ts';
import { statusText } from './status.ts';
import type { View } from './view.ts';

const LOG_LINES = 10;
const FEWEST_LOG_LINES = 3;

/** One picture of everything: both slots, resources, progress, and the newest lines of their logs. */
export const monitorLines = (
  status: StatusReport,
  logs: LogReport['lines'],
  environment: string,
  view: View,
  rows: number,
): readonly string[] => {
  const { style, now, columns } = view;
  const head = statusText(status, environment, view).trimEnd().split('\n');
  const room = Math.max(FEWEST_LOG_LINES, Math.min(LOG_LINES, rows - head.length - 3));
  const shown = logs.slice(-room).map((line) => {
    const paint = line.slot === 'blue' ? style.blue : style.green;
    return `${clockTime(line.at, now)} ${paint(line.service)} ${harmless(line.text)}`;
  });
  const lines = [...head, ...(shown.length === 0 ? [] : ['', style.quiet('recent logs'), ...shown])];
  return Number.isFinite(columns) ? lines.map((line) => cutStyled(line, columns - 1)) : lines;
};
