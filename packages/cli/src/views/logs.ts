import type { LogReport } from '@baton/api';
import { clockTime } from '../reporters/figures.ts';
import { harmless } from '../reporters/width.ts';
import type { View } from './view.ts';

/** `10:04:05 bot blue 7 | text`; what a workload writes cannot move the cursor or change colours. */
export const logLine = (line: LogReport['lines'][number], { style, now }: View): string => {
  const paint = line.slot === 'blue' ? style.blue : style.green;
  const head = `${clockTime(line.at, now)} ${paint(`${line.service} ${line.slot} ${line.release}`)}`;
  const text = harmless(line.text);
  return `${head} | ${line.stream === 'stderr' ? style.warn(text) : text}`;
};
