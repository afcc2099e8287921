import type { Question } from '@baton/core';
import { lineText } from '../reporters/line-text.ts';
import { questionLines } from '../reporters/question-lines.ts';
import type { View } from './view.ts';

/** What is asked, and the exact command for each permitted answer. */
export const questionText = (question: Question, environment: string, { style, columns }: View): string =>
  `${questionLines(question, environment)
    .flatMap((line) => lineText(line, style, columns))
    .join('\n')}\n`;
