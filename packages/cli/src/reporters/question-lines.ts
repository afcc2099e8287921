import type { Question } from '@baton/core';
import { type StoryLine, say } from './story-line.ts';

/** What a person must decide, and the exact command for each answer that is permitted. */
export const questionLines = (question: Question, environment: string): readonly StoryLine[] => [
  say('bad', 'a person must decide; nothing is done until then'),
  say('plain', `  question  ${question.text}`),
  ...question.answers.flatMap(({ answer, meaning }) => [
    say('plain', `  answer    ${answer}: ${meaning}`),
    say('plain', `            baton resolve ${environment} ${answer}`),
  ]),
];
